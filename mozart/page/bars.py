"""A slider whose number field may be empty, or beyond the slider's ends."""

import gradio as gr


class Bars(gr.Slider):
    """How many bars.

    For Gradio's own slider an empty field, or a number beyond its ends, is an error of the server's; here it is handed on, and
    the Request says in a sentence what is possible.
    """

    is_template = True  # the browser draws it as the slider that it is

    def preprocess(self, payload: float | None) -> float | None:  # type: ignore[override]
        """Return the number; None if the field is empty."""
        return payload
