"""The Gradio page: a tab a module, and the view of a piece, which plays it and shows it as sheet music and as a piano roll."""
