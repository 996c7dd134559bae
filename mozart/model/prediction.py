"""Let the network predict existing music, note by note."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from mozart.model.hiding import Hidden, hide
from mozart.model.network import PARTS, NotesNetwork
from mozart.model.rows import Rows

_AT_ONCE = 1_000  # notes; the state is carried over, so that this changes no result


class Prediction(NamedTuple):
    """How well a movement was predicted.

    Attributes
    ----------
    nats
        The loss of each part of each note, shape (N + 1, 5); the last row is the end, of which only the IOI is predicted.
    right
        Whether the most probable pitch was the note's, given time and voice, shape (N,).
    quarters
        How long the movement is, in quarters.
    """

    nats: NDArray[np.float64]
    right: NDArray[np.bool_]
    quarters: float


@torch.no_grad()
def predict(network: NotesNetwork, rows: Rows, *, hidden: bool) -> Prediction:
    """Read a movement from its beginning and predict every note and the end.

    Parameters
    ----------
    network
        The network.
    rows
        The movement's rows.
    hidden
        Hide plan, key and the number of bars left from the network. They come from the very notes that it predicts, so a loss
        with these told does not measure how well it predicts music.
    """
    training = network.training
    network.eval()
    device = next(network.parameters()).device
    flags = (hidden, hidden, True)  # as in composing, bass and melody are told in the last two bars only
    masks = Hidden(*(torch.tensor([flag], device=device) for flag in flags))
    nats, right, state = [], [], None
    for start in range(0, len(rows.tensors["target"]), _AT_ONCE):
        batch = {name: tensor[None, start : start + _AT_ONCE].to(device) for name, tensor in rows.tensors.items()}
        predicted, state = network(hide(batch, network.vocabulary, masks), state)
        target = batch["target"].long()
        columns = [-predicted[part].gather(-1, target[..., number, None])[0, :, 0] for number, part in enumerate(PARTS)]
        nats.append(torch.stack(columns, -1).double().cpu().numpy())
        right.append((predicted["pitch"].argmax(-1) == target[..., 2])[0].cpu().numpy())
    network.train(training)
    found = np.concatenate(nats)
    found[-1, 1:] = 0
    return Prediction(found, np.concatenate(right)[:-1], rows.quarters)
