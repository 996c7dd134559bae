"""What can go wrong with the Hub, each in one sentence: the failure, its cause, and what a person can do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mozart.errors import MozartError

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

LOG_IN = "log in with `hf auth login`, or set HF_TOKEN"


@contextmanager
def explained(failure: str) -> Iterator[None]:
    """Turn any error raised inside into a MozartError of one sentence: the failure, its cause, and what to do."""
    try:
        yield
    except MozartError:
        raise
    except Exception as error:  # the Hub's library, its HTTP library and Xet all raise other types
        raise MozartError(f"{failure} ({describe(error)}).") from error


def is_away(error: Exception) -> bool:
    """Tell whether the Hub itself failed, and not the request."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in (408, 429) or error.response.status_code >= 500
    # An answer in another format comes not from the Hub, but from a login page in front of it.
    return isinstance(error, httpx2.TransportError | ConnectionError | json.JSONDecodeError)


def describe(error: BaseException) -> str:
    """Say why the Hub did not do what it was asked for, and what a person can do."""
    import httpx2
    from huggingface_hub import errors

    match error:
        case errors.LocalTokenNotFoundError():
            return f"there is no token: {LOG_IN}"
        case errors.OfflineModeIsEnabled():
            return "HF_HUB_OFFLINE is set: unset it to use the network"
        case errors.RevisionNotFoundError():
            return "it has no such revision: check the name"
        case errors.RepositoryNotFoundError():
            return f"there is no such repository, or it is private: check the name, or {LOG_IN}"
        case errors.HFValidationError():
            return f"{_first_line(error)}: give another name"
        case errors.HfHubHTTPError():
            return _statusdescribe(error)
        case UnicodeError():
            return f"the token holds a letter that no token has: {LOG_IN} to one that is whole"
        case httpx2.TransportError() | ConnectionError() | json.JSONDecodeError():
            return "the Hub cannot be reached: check the network and try again"
    if error.__cause__ is not None:
        return describe(error.__cause__)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: make room, or set HF_HOME to another folder"
    return f"{_first_line(error)}: try again"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


def _statusdescribe(error: "HfHubHTTPError") -> str:
    match error.response.status_code:
        case 401:
            return f"the token is not valid: {LOG_IN} to one that is"
        case 402:
            return "a free account gets Gradio Spaces on ZeroGPU only: create this one so on the Hub's site, then try again"
        case 403:
            return "the token may not do that there: set HF_TOKEN to one that may"
        case 404:
            return "the Hub does not know it: check the name"
        case 409 | 412:
            return "somebody else is changing it: try again"
        case 429:
            seconds = error.response.headers.get("Retry-After", "")
            return f"the Hub has been asked too often: try again {f'in {seconds} seconds' if seconds.isdigit() else 'later'}"
        case status if status >= 500:
            return f"the Hub has trouble of its own, status {status}: try again later"
        case status:
            return f"the Hub refuses with status {status}: {' '.join((error.server_message or 'try again').split())}"
