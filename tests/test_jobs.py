"""train.py carries what it needs and how it is started on the Hub's machines in its head."""

import re
from pathlib import Path

import pytest
from huggingface_hub import HfApi, Volume
from packaging.requirements import Requirement

from hub_server import HubServer

ROOT = Path(__file__).parent.parent


def test_its_dependencies_are_the_packages() -> None:
    """Every one stands in requirements.txt with the same range."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    ours = {str(Requirement(line)) for line in lines}
    head = (ROOT / "train.py").read_text().partition("# ]\n")[0].partition("# dependencies = [")[2]
    found = {str(Requirement(name)) for name in re.findall(r'"([^"]+)"', head)}
    assert "torch>=2.6" in found
    assert found <= ours


@pytest.mark.filterwarnings("ignore:.*is experimental")
def test_the_request_for_a_job(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """`hf jobs uv run train.py` asks for a GPU for two hours, the token by name, and this package beside the script."""
    from huggingface_hub.cli.hf import app

    def sync(_: HfApi, source: str, mount_path: str, **__: object) -> Volume:
        assert (ROOT / source / "__init__.py").is_file()
        return Volume(type="bucket", source="user/jobs-artifacts", mount_path=mount_path, path="mozart", read_only=True)

    # Buckets are filled through Xet, which the stand-in has not.
    script = Volume(type="bucket", source="user/jobs-artifacts", mount_path="/data", path="script")
    monkeypatch.setattr(HfApi, "sync_job_volume", sync)
    monkeypatch.setattr(HfApi, "_upload_scripts_to_bucket", lambda *_, **__: [script])
    monkeypatch.chdir(ROOT)
    command = ["jobs", "uv", "run", "--detach", "train.py", "--push-to-hub", "user/mozart", "--push-every", "1"]
    app.main(command, standalone_mode=False)
    (job,) = server.jobs
    assert job["flavor"] == "t4-small"
    assert job["timeoutSeconds"] == 2 * 60 * 60
    assert set(job["secrets"]) == {"HF_TOKEN"}
    assert job["environment"]["PYTHONPATH"] == "/mozart"
    assert job["command"] == ["uv", "run", "/data/train.py", "--push-to-hub", "user/mozart", "--push-every", "1"]
    assert [volume["mountPath"] for volume in job["volumes"]] == ["/mozart/mozart", "/data"]
