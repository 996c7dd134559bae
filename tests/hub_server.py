"""A stand-in for the Hub on 127.0.0.1: what huggingface_hub asks for when it pushes and pulls a model
or fills a Space, and no more.

Large files go through Git LFS, small ones in the commit; Xet is left out. ``environment`` leads another process here::

    with HubServer() as hub:
        subprocess.run(command, env=os.environ | hub.environment(tmp_path))
        [(revision, files)] = hub.repos["user/name"]
"""

import base64
import hashlib
import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import unquote, urlsplit

TOKEN = "good-token"


class Commit(NamedTuple):
    """One commit: its hash, and all files of the repository as they were then."""

    revision: str
    files: dict[str, bytes]


class HubServer(ThreadingHTTPServer):
    """Listens on a free port while its context is open.

    Attributes
    ----------
    repos : the commits of every repository, oldest first; a new repository has none
    storage : the large files that were sent, by SHA-256, whether or not a commit names them
    storage_works : set it to False, and every upload of a large file is refused
    variables : those of every Space
    sells_spaces : set it to False, and the account is one that may not make a Space
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.repos: dict[str, list[Commit]] = {}
        self.storage: dict[str, bytes] = {}
        self.storage_works = True
        self.variables: dict[str, dict[str, str]] = {}
        self.sells_spaces = True

    @property
    def url(self) -> str:
        """What ``HF_ENDPOINT`` has to be."""
        return f"http://127.0.0.1:{self.server_port}"

    def environment(self, home: Path, token: str = TOKEN) -> dict[str, str]:
        """Variables for a process that shall take this for the Hub, with its cache and tokens under `home`."""
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_HUB_CACHE": str(home / "hub"),
            "HF_TOKEN": token,
            "HF_TOKEN_PATH": str(home / "token"),
            "HUGGING_FACE_HUB_TOKEN": "",
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "0",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_OFFLINE": "0",
            "TRANSFORMERS_OFFLINE": "0",
            "no_proxy": "127.0.0.1",
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening: from now on this Hub is unreachable."""
        self.shutdown()
        self.server_close()


class _Reply(NamedTuple):
    content: bytes
    headers: dict[str, str]


class _Refusal(Exception):
    def __init__(self, status: HTTPStatus, code: str = "", **about: str) -> None:
        self.status, self.code, self.about = status, code, about


class _Conversation(BaseHTTPRequestHandler):
    server: HubServer

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, (content, headers) = HTTPStatus.OK, self._answer(body)
        except _Refusal as refusal:
            status, (content, headers) = refusal.status, _json({"error": refusal.status.phrase} | refusal.about)
            headers["X-Error-Code"] = refusal.code
        self.send_response(status)
        for name, value in {**headers, "X-Request-Id": "stand-in", "Content-Length": len(content)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, body: bytes) -> _Reply:
        match self.command, [unquote(part) for part in urlsplit(self.path).path[1:].split("/")]:
            case "POST", _ if self.headers["Authorization"] != f"Bearer {TOKEN}":
                raise _Refusal(HTTPStatus.UNAUTHORIZED)
            case "POST", ["api", "validate-yaml"]:
                return _json({"errors": [], "warnings": []})
            case "POST", ["api", "repos", "create"]:
                return self._create(json.loads(body))
            case "POST", ["api", "models" | "spaces", user, name, "preupload", "main"]:
                return self._upload_modes(f"{user}/{name}", json.loads(body)["files"])
            case "POST", [*_, "info", "lfs", "objects", "batch"]:
                wanted = json.loads(body)["objects"]
                uploads = [{"upload": {"href": f"{self.server.url}/storage/{file['oid']}"}} for file in wanted]
                return _json({"objects": [file | {"actions": upload} for file, upload in zip(wanted, uploads, strict=True)]})
            case "PUT", ["storage", oid] if self.server.storage_works:
                self.server.storage[oid] = body
                return _json({})
            case "PUT", ["storage", _]:
                raise _Refusal(HTTPStatus.FORBIDDEN)
            case "POST", ["api", "models" | "spaces", user, name, "commit", "main"]:
                return self._add_commit(f"{user}/{name}", body)
            case "POST", ["api", "spaces", user, name, "variables"]:
                variable = json.loads(body)
                self.server.variables.setdefault(f"{user}/{name}", {})[variable["key"]] = variable["value"]
                return _json({})
            case "GET", ["api", "models" | "spaces", user, name]:
                return _json({"id": f"{user}/{name}", "sha": self._commit(f"{user}/{name}", "main").revision})
            case "GET", ["api", "models", user, name, "revision", revision]:
                return _json({"id": f"{user}/{name}", "sha": self._commit(f"{user}/{name}", revision).revision})
            case "GET", ["api", "models", user, name, "tree", revision]:
                return _json([_entry(*file) for file in self._commit(f"{user}/{name}", revision).files.items()])
            case "GET" | "HEAD", [user, name, "resolve", revision, *path]:
                return self._file(f"{user}/{name}", revision, "/".join(path))
        raise _Refusal(HTTPStatus.NOT_FOUND)

    def _create(self, wanted: dict[str, str]) -> _Reply:
        repo = f"{wanted['organization']}/{wanted['name']}"
        is_space = wanted.get("type") == "space"
        url = f"{self.server.url}/{'spaces/' * is_space}{repo}"
        if is_space and not self.server.sells_spaces:
            raise _Refusal(HTTPStatus.PAYMENT_REQUIRED)
        if repo in self.server.repos:
            raise _Refusal(HTTPStatus.CONFLICT, url=url)
        self.server.repos[repo] = []
        return _json({"url": url})

    def _upload_modes(self, repo: str, files: list[dict[str, Any]]) -> _Reply:
        latest = self._latest(repo)
        modes = [
            {
                "path": path,
                "uploadMode": "lfs" if _is_large(path) else "regular",
                "shouldIgnore": False,
                "oid": _oid(path, latest[path]) if path in latest else None,
            }
            for path in (file["path"] for file in files)
        ]
        return _json({"files": modes})

    def _add_commit(self, repo: str, body: bytes) -> _Reply:
        files = dict(self._latest(repo))
        for line in map(json.loads, body.splitlines()):
            change = line["value"]
            if line["key"] == "file":
                files[change["path"]] = base64.b64decode(change["content"])
            elif line["key"] == "lfsFile":
                files[change["path"]] = self.server.storage[change["oid"]]
        revision = hashlib.sha1(str(self.server.repos[repo]).encode() + body).hexdigest()
        self.server.repos[repo].append(Commit(revision, files))
        return _json({"commitOid": revision, "commitUrl": f"{self.server.url}/{repo}/commit/{revision}"})

    def _file(self, repo: str, revision: str, path: str) -> _Reply:
        commit = self._commit(repo, revision)
        if path not in commit.files:
            raise _Refusal(HTTPStatus.NOT_FOUND, "EntryNotFound")
        content = commit.files[path]
        return _Reply(content, {"ETag": f'"{_oid(path, content)}"', "X-Repo-Commit": commit.revision})

    def _latest(self, repo: str) -> dict[str, bytes]:
        return {} if self.server.repos.get(repo) == [] else self._commit(repo, "main").files

    def _commit(self, repo: str, revision: str) -> Commit:
        if repo not in self.server.repos:
            raise _Refusal(HTTPStatus.NOT_FOUND, "RepoNotFound")
        for commit in reversed(self.server.repos[repo]):
            if revision in ("main", commit.revision):
                return commit
        raise _Refusal(HTTPStatus.NOT_FOUND, "RevisionNotFound")


def _json(content: object) -> _Reply:
    return _Reply(json.dumps(content).encode(), {"Content-Type": "application/json"})


def _entry(path: str, content: bytes) -> dict[str, Any]:
    large = {"lfs": {"oid": _oid(path, content), "size": len(content), "pointerSize": 130}}
    return {"type": "file", "path": path, "size": len(content), "oid": _oid("", content)} | (large if _is_large(path) else {})


def _is_large(path: str) -> bool:
    return path.endswith(".safetensors")


def _oid(path: str, content: bytes) -> str:
    """The SHA-256 of a large file, git's own hash of any other."""
    return (
        hashlib.sha256(content).hexdigest()
        if _is_large(path)
        else hashlib.sha1(b"blob %d\0%b" % (len(content), content)).hexdigest()
    )
