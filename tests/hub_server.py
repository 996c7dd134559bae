"""A stand-in for the Hub on 127.0.0.1, with what huggingface_hub needs to push and pull models and datasets, and for a Space.

Large files go through Git LFS, small ones in the commit; Xet is left out. ``environment`` leads another process here::

    with HubServer() as hub:
        subprocess.run(command, env=os.environ | hub.environment(tmp_path))
        [(revision, files)] = hub.repos["user/name"]
        hub.failures.append(Failure("GET", "resolve/.*/config.json", status=500, times=2))
"""

import base64
import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import unquote, urlsplit

TOKEN = "good-token"
NO_COMMIT = "0" * 40


class Commit(NamedTuple):
    """One commit: its hash, and all files of the repository as they were then."""

    revision: str
    files: dict[str, bytes]


@dataclass
class Failure:
    """What goes wrong with the next requests that it fits.

    Attributes
    ----------
    method, path
        Regular expressions; the path's may fit anywhere.
    times
        So often.
    status
        Is answered, if it is not 0.
    headers
        Are added to the answer, or replace its own.
    cut
        The connection ends in the middle of the body, the request's with PUT, else the answer's.
    seconds
        To wait before anything is answered.
    """

    method: str
    path: str
    times: int = 1
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    seconds: float = 0.0


class HubServer(ThreadingHTTPServer):
    """Listens on a free port while its context is open.

    Attributes
    ----------
    repos
        The commits of every repository's main branch, oldest first; a new repository has none; ``datasets/user/name`` for one.
    branches
        Those of other branches, by ``user/name@branch``.
    private
        The repositories that are.
    storage
        The large files that were sent, by SHA-256, whether or not a commit names them.
    account
        What the Hub says of who has TOKEN.
    spaces
        The variables of every Space.
    restarted
        The Spaces that were, in order.
    jobs
        What was asked for, of each.
    failures
        What is to go wrong.
    requests
        The method and path of all requests so far.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.repos: dict[str, list[Commit]] = {}
        self.branches: dict[str, list[Commit]] = {}
        self.private: set[str] = set()
        self.storage: dict[str, bytes] = {}
        self.account: dict[str, Any] = {"name": "user", "auth": {"accessToken": {"role": "write"}}}
        self.spaces: dict[str, dict[str, str]] = {}
        self.restarted: list[str] = []
        self.jobs: list[dict[str, Any]] = []
        self.failures: list[Failure] = []
        self.requests: list[str] = []
        self._lock = threading.Lock()

    def next_failure(self, method: str, path: str) -> Failure:
        """The failure that this request meets, which may be none."""
        with self._lock:
            self.requests.append(f"{method} {path}")
            for failure in self.failures:
                if failure.times and re.fullmatch(failure.method, method) and re.search(failure.path, path):
                    failure.times -= 1
                    return failure
        return Failure("", "")

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
        failure = self.server.next_failure(self.command, unquote(self.path))
        time.sleep(failure.seconds)
        size = int(self.headers.get("Content-Length", 0))
        if failure.cut and self.command == "PUT":
            self.rfile.read(size // 2)
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = self.rfile.read(size)
        try:
            if failure.status:
                raise _Refusal(HTTPStatus(failure.status))
            status, (content, headers) = HTTPStatus.OK, self._answer(body)
        except _Refusal as refusal:
            status, (content, headers) = refusal.status, _json({"error": refusal.status.phrase} | refusal.about)
            headers["X-Error-Code"] = refusal.code
            if refusal.status == HTTPStatus.UNAUTHORIZED:
                headers["X-Error-Message"] = "Invalid credentials in Authorization header"
        self.send_response(status)
        for name, value in {**headers, "X-Request-Id": "stand-in", "Content-Length": len(content), **failure.headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if failure.cut else content)

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, body: bytes) -> _Reply:
        match self.command, [unquote(part) for part in urlsplit(self.path).path[1:].split("/")]:
            case ("POST", _) | (_, ["api", "whoami-v2"]) if self.headers["Authorization"] != f"Bearer {TOKEN}":
                raise _Refusal(HTTPStatus.UNAUTHORIZED)
            case "GET", ["api", "whoami-v2"]:
                return _json(self.server.account)
            case "POST", ["api", "validate-yaml"]:
                return _json({"errors": [], "warnings": []})
            case "POST", ["api", "repos", "create"]:
                return self._create(json.loads(body))
            case "GET", ["api", "models", user, name, "auth-check", "write"]:
                self._commit(f"{user}/{name}", "main")
                return _json({})
            case "POST", ["api", "models", user, name, "branch", branch]:
                return self._create_branch(f"{user}/{name}", branch)
            case "POST", ["api", "models" | "spaces" | "datasets" as kind, user, name, "preupload", branch]:
                return self._upload_modes(_repo(kind, user, name), branch, json.loads(body)["files"])
            case "POST", [*_, "info", "lfs", "objects", "batch"]:
                wanted = json.loads(body)["objects"]
                uploads = [{"upload": {"href": f"{self.server.url}/storage/{file['oid']}"}} for file in wanted]
                return _json({"objects": [file | {"actions": upload} for file, upload in zip(wanted, uploads, strict=True)]})
            case "PUT", ["storage", oid]:
                self.server.storage[oid] = body
                return _json({})
            case "POST", ["api", "models" | "spaces" | "datasets" as kind, user, name, "commit", branch]:
                return self._add_commit(_repo(kind, user, name), branch, body)
            case "GET", ["api", "models" | "spaces" | "datasets" as kind, user, name]:
                return self._about(_repo(kind, user, name), "main")
            case "GET", ["api", "models" | "datasets" as kind, user, name, "revision", revision]:
                return self._about(_repo(kind, user, name), revision)
            case _, ["api", "spaces", user, name, *_] if f"{user}/{name}" not in self.server.spaces:
                raise _Refusal(HTTPStatus.NOT_FOUND, "RepoNotFound")
            case "GET", ["api", "spaces", _, _, "auth-check", "write"]:
                return _json({})
            case "POST", ["api", "spaces", user, name, "variables"]:
                variable = json.loads(body)
                self.server.spaces[f"{user}/{name}"][variable["key"]] = variable["value"]
                return _json({variable["key"]: {"value": variable["value"]}})
            case "POST", ["api", "spaces", user, name, "restart"]:
                self.server.restarted.append(f"{user}/{name}")
                return _json({"stage": "RUNNING_BUILDING"})
            case "POST", ["api", "jobs", user]:
                self.server.jobs.append(json.loads(body))
                owner = {"id": "1", "name": user, "type": "user"}
                return _json({"id": "job", "owner": owner, "status": {"stage": "RUNNING"}, "labels": {}})
            case "GET", ["api", "models" | "datasets" as kind, user, name, "tree", revision, *_]:
                return _json([_entry(*file) for file in self._commit(_repo(kind, user, name), revision).files.items()])
            case "GET" | "HEAD", ["datasets", user, name, "resolve", revision, *path]:
                return self._file(_repo("datasets", user, name), revision, "/".join(path))
            case "GET" | "HEAD", [user, name, "resolve", revision, *path]:
                return self._file(f"{user}/{name}", revision, "/".join(path))
        raise _Refusal(HTTPStatus.NOT_FOUND)

    def _create(self, wanted: dict[str, str]) -> _Reply:
        is_space = wanted.get("type") == "space"
        repo = _repo(f"{wanted.get('type')}s", wanted["organization"], wanted["name"])
        url = f"{self.server.url}/{repo}" if repo.startswith("datasets/") else f"{self.server.url}/{'spaces/' * is_space}{repo}"
        if is_space:
            self.server.spaces.setdefault(repo, {})
        if repo in self.server.repos:
            raise _Refusal(HTTPStatus.CONFLICT, url=url)
        self.server.repos[repo] = []
        if wanted.get("visibility") == "private":
            self.server.private.add(repo)
        return _json({"url": url})

    def _create_branch(self, repo: str, branch: str) -> _Reply:
        if f"{repo}@{branch}" in self.server.branches:
            raise _Refusal(HTTPStatus.CONFLICT)
        self.server.branches[f"{repo}@{branch}"] = [self._commit(repo, "main")]
        return _json({})

    def _about(self, repo: str, revision: str) -> _Reply:
        commit = self._commit(repo, revision)
        about = {"id": repo, "sha": commit.revision, "private": repo in self.server.private}
        return _json(
            about | {"lastModified": "2026-10-04T12:00:00.000Z", "siblings": [{"rfilename": path} for path in commit.files]}
        )

    def _upload_modes(self, repo: str, branch: str, files: list[dict[str, Any]]) -> _Reply:
        latest = self._commit(repo, branch).files
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

    def _add_commit(self, repo: str, branch: str, body: bytes) -> _Reply:
        before = self._commit(repo, branch)
        files = dict(before.files)
        for line in map(json.loads, body.splitlines()):
            change = line["value"]
            if line["key"] == "header" and change.get("parentCommit", before.revision) != before.revision:
                raise _Refusal(HTTPStatus.PRECONDITION_FAILED)
            if line["key"] == "file":
                files[change["path"]] = base64.b64decode(change["content"])
            elif line["key"] == "lfsFile":
                files[change["path"]] = self.server.storage[change["oid"]]
            elif line["key"] == "deletedFile":
                del files[change["path"]]
        revision = hashlib.sha1(before.revision.encode() + body).hexdigest()
        self._commits(repo, branch).append(Commit(revision, files))
        return _json({"commitOid": revision, "commitUrl": f"{self.server.url}/{repo}/commit/{revision}"})

    def _file(self, repo: str, revision: str, path: str) -> _Reply:
        commit = self._commit(repo, revision)
        if path not in commit.files:
            raise _Refusal(HTTPStatus.NOT_FOUND, "EntryNotFound")
        content = commit.files[path]
        return _Reply(content, {"ETag": f'"{_oid(path, content)}"', "X-Repo-Commit": commit.revision})

    def _commits(self, repo: str, branch: str) -> list[Commit]:
        if repo not in self.server.repos:
            raise _Refusal(HTTPStatus.NOT_FOUND, "RepoNotFound")
        return self.server.repos[repo] if branch == "main" else self.server.branches.get(f"{repo}@{branch}", [])

    def _commit(self, repo: str, revision: str) -> Commit:
        if commits := self._commits(repo, revision):
            return commits[-1]
        if revision in ("main", NO_COMMIT):
            return Commit(NO_COMMIT, {})
        others = (commits for name, commits in self.server.branches.items() if name.startswith(f"{repo}@"))
        for commit in sum(others, self.server.repos[repo]):
            if commit.revision == revision:
                return commit
        raise _Refusal(HTTPStatus.NOT_FOUND, "RevisionNotFound")


def _json(content: object) -> _Reply:
    return _Reply(json.dumps(content).encode(), {"Content-Type": "application/json"})


def _entry(path: str, content: bytes) -> dict[str, Any]:
    large = {"lfs": {"oid": _oid(path, content), "size": len(content), "pointerSize": 130}}
    return {"type": "file", "path": path, "size": len(content), "oid": _oid("", content)} | (large if _is_large(path) else {})


def _is_large(path: str) -> bool:
    return path.endswith((".safetensors", ".parquet"))


def _repo(kind: str, user: str, name: str) -> str:
    """What a repository is called here: a dataset may have the name of a model."""
    return "datasets/" * (kind == "datasets") + f"{user}/{name}"


def _oid(path: str, content: bytes) -> str:
    """The SHA-256 of a large file, git's own hash of any other."""
    return (
        hashlib.sha256(content).hexdigest()
        if _is_large(path)
        else hashlib.sha1(b"blob %d\0%b" % (len(content), content)).hexdigest()
    )
