"""The Gradio page: a module for each tab, and the view that plays a piece and shows it as sheet music and as a piano roll."""
