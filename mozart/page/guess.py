"""The tab of the blind test: two passages continue one opening, and visitors guess which one is Mozart's."""

import secrets
from typing import Any

import gradio as gr
import numpy as np

from mozart.composing.request import MAX_SEED, Request
from mozart.errors import MozartError
from mozart.notes import Score
from mozart.page import files
from mozart.page.passages import cut_alike, even_out, pad_alike
from mozart.page.stop import Riddle, Visit
from mozart.page.studio import Studio
from mozart.page.votes import Tally

BARS = 8  # as many as an excerpt can have
NAMES = ("Passage A", "Passage B")
_INVITATION = (
    "**Mozart or machine?** Two passages continue the same opening, equally long and played alike. One is Mozart's, from a work "
    "that the network has not seen. The other was composed a moment ago."
)
Updates = dict[Any, Any]


class Guess:
    """The tab."""

    def __init__(self, studio: Studio) -> None:
        gr.Markdown(_INVITATION)
        self.ask = gr.Button("Give me two passages", elem_id="guess_next")
        self.opening = gr.HTML("", elem_id="guess_opening", apply_default_css=False)
        with gr.Row():
            self.boxes = [gr.HTML("", elem_id=f"guess_{letter}", apply_default_css=False, min_height=0) for letter in "ab"]
        self.choice = gr.Radio(list(NAMES), label="Mozart's is", elem_id="guess", visible=False)
        self.said = gr.Markdown(say_tally(studio), elem_id="answer")

    @property
    def outputs(self) -> list[Any]:
        """Everything that the test changes."""
        return [self.opening, *self.boxes, self.choice, self.said]

    def pose(self, studio: Studio, visit: Visit) -> Updates:
        """Make two new passages; raise MozartError if no opening has a continuation, or there is no sound."""
        seed = secrets.randbelow(MAX_SEED + 1)
        opening, passages, riddle = make_riddle(studio, seed)
        sounds = pad_alike([files.play(passage) for passage in passages])
        start = files.serve_sound(self.opening, "opening", files.play(opening))
        visit.riddle = riddle
        shown = {
            box: files.player_html(name, files.serve_sound(box, "passage", sound))
            for box, name, sound in zip(self.boxes, NAMES, sounds, strict=True)
        }
        return {
            self.opening: files.player_html("The opening of both", start, opening),
            **shown,
            self.choice: gr.update(value=None, visible=True, interactive=True),
            self.said: "",
        }

    def judge(self, studio: Studio, visit: Visit, guessed: str) -> Updates:
        """Tell the answer, this visitor's guesses so far, and everybody's. A second guess at one test does not count."""
        riddle = visit.take_riddle()
        if riddle is None or guessed not in NAMES:
            return {self.choice: gr.update(interactive=False)}
        right = NAMES.index(guessed) == riddle.answer
        mine = visit.count(right)
        try:
            studio.votes.add(riddle.passage, riddle.seed, riddle.checkpoint, right)
            everybody = say_tally(studio)
        except MozartError as error:
            everybody = str(error)
        verdict = "Right" if right else "No"
        return {
            self.said: f"**{verdict}: {NAMES[riddle.answer]} is Mozart's**, {riddle.passage}. "
            f"You were right {mine.right} of {mine.total} times. {everybody}",
            self.choice: gr.update(interactive=False),
        }


def make_riddle(studio: Studio, seed: int) -> tuple[Score, list[Score], Riddle]:
    """Make an opening, two passages of equal length that continue it, and the answer.

    Raises
    ------
    MozartError
        When the checkpoint has no opening with a known continuation.
    """
    generator = np.random.default_rng(seed)
    composer = studio.composer
    movements = list(composer.movements)
    for index in generator.permutation(len(movements)):
        label, name = movements[index]
        piece = composer.compose(Request(opening=name, include_opening=False, length=f"{BARS}bars", ending=False, seed=seed))
        opening = piece.opening
        if opening is None or opening.continuation is None or not len(opening.continuation) or not len(piece.score):
            continue
        real, composed = cut_alike([opening.continuation, piece.score], piece.tempo)
        answer = int(generator.integers(2))
        passages = [composed, composed]
        passages[answer] = real
        return even_out(opening.score, piece.tempo), passages, Riddle(answer, label, seed, composer.identity)
    raise MozartError("This checkpoint holds no passage of Mozart's that could be guessed: choose another checkpoint.")


def say_tally(studio: Studio) -> str:
    """Say how all visitors guessed; an empty text before the first guess."""
    tally: Tally = studio.votes.count(studio.composer.identity)
    return f"Visitors were right in {tally}; by chance it would be 50 %." if tally.total else ""
