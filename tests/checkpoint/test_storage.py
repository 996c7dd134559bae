"""How weights lie on disk."""

from pathlib import Path

import pytest

from mozart.checkpoint.folder import header


@pytest.mark.parametrize("fixture", ["checkpoint_folder", "lab_folder"])
def test_matrices_take_half_the_room(fixture: str, request: pytest.FixtureRequest) -> None:
    """Matrices are float16; biases, and what counts, are not."""
    folder: Path = request.getfixturevalue(fixture)
    tensors = header((folder / "model.safetensors").read_bytes())
    assert {kind for kind, shape in tensors.values() if len(shape) > 1} == {"F16"}
    assert {kind for kind, shape in tensors.values() if len(shape) == 1} == {"F32"}
