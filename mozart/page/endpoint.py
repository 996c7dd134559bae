"""The endpoint for programs: one function, made from the settings of a Request."""

import inspect
from collections.abc import Callable
from typing import Any

import gradio as gr

from mozart.composing import request as requests
from mozart.errors import MozartError
from mozart.page import files
from mozart.page.piece import refusal
from mozart.page.sentences import file_name
from mozart.page.studio import Studio

File = dict[str, Any]
Answer = tuple[File | None, File, File, dict[str, Any]]

_CODE = """The same, from Python (`pip install gradio_client`):

    from gradio_client import Client

    sound, midi, musicxml, about = Client("{address}").predict(
        character="Menuetto", key="G major", seed=7, api_name="/compose"
    )

By curl:

    curl -X POST {address}gradio_api/call/v2/compose \\
      -H "Content-Type: application/json" -d '{{"length": "16bars", "seed": 7}}'
    curl -N {address}gradio_api/call/compose/EVENT_ID

| setting | means |
|---|---|
{settings}
"""


def make_endpoint(studio: Studio, box: Any) -> Callable[..., Answer]:
    """Make a function with one parameter for every setting.

    Parameters
    ----------
    studio
        The studio that composes.
    box
        A component, whose cache keeps the files.
    """
    parameters = [parameter.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD) for parameter in requests.parameters()]
    names = [parameter.name for parameter in parameters]

    def compose(*values: Any) -> Answer:
        try:
            given = dict(zip(names, values, strict=False))
            request = requests.Request(**given)
            if request.has_own_opening:
                raise MozartError("A program cannot name a file as the opening: choose none, random or a movement.")
            return _answer(studio, box, request)
        except MozartError as error:
            raise refusal(error) from error

    compose.__doc__ = (
        "Compose a piece, and return its sound (MP3; none without FluidSynth), its MIDI file, its MusicXML file, and a JSON object "
        f"with its request, seed, notes and more.\n\nArgs:\n{requests.describe_parameters()}\n"
    )
    compose.__signature__ = inspect.Signature(parameters, return_annotation=Answer)  # type: ignore[attr-defined]
    compose.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {"return": Answer}
    return compose


def code(address: str) -> str:
    """Write examples for programs, as Markdown; `address` is the page's own, with a slash at its end."""
    settings = "\n".join(f"| `{name}` | {field.description} |" for name, field in requests.Request.model_fields.items())
    return _CODE.format(address=address, settings=settings)


def _answer(studio: Studio, box: Any, request: requests.Request) -> Answer:
    piece = studio.compose(request)
    about, samples = piece.to_json(), None
    try:
        samples = piece.audio()
    except MozartError as error:
        about = {**about, "remarks": [*piece.remarks, str(error)]}
    written = files.write_files(piece, samples)
    name = file_name(piece)
    served: dict[str, File] = {
        ending: gr.FileData(path=files.serve(box, f"{name}.{ending}", content).removeprefix(files.SERVED)).model_dump()
        for ending, content in written.items()
        if ending != "wav"
    }
    return served.get("mp3"), served["mid"], served["musicxml"], about
