"""Weights from their makers: fixed hosts, whole and verified or not at all; the environment's proxies are honoured."""

import contextlib
import hashlib
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.exceptions import InvalidSchema, InvalidURL, ProxyError, SSLError
from requests.utils import get_environ_proxies
from urllib3.exceptions import LocationParseError

from gradcam_core.config import settings
from gradcam_core.errors import ModelError, ResourceError
from gradcam_core.progress import Progress, silent

_CHUNK = 65_536
_TIMEOUT = (10.0, 30.0)  # seconds to connect, and between two pieces


def download_file(
    url: str, target: Path, *, sha256_prefix: str = "", title: str = "", progress: Progress = silent
) -> Path:
    """Stream a file to `target`; it appears there whole and verified, or not at all.

    Args:
        sha256_prefix: the first hex digits of its SHA-256, as in the names of torch's files.
        title: what the errors call it; by default the name of the file.
        progress: told of the bytes done and in all; what it raises ends the download and passes through.

    Raises:
        ModelError: if the file does not come, or another one does.
        ResourceError: if it can't be written.
    """
    title = title or target.name
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex[:8]}.part")  # of its own, for parallel downloads
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = _stream(_answer(url, title), part, progress)
        if not digest.startswith(sha256_prefix.lower()):
            raise _wrong_hash(title, digest, sha256_prefix)
        part.replace(target)
    except (requests.RequestException, LocationParseError) as error:
        raise _download_failed(url, title, error) from error
    except OSError as error:
        raise ResourceError(
            f"{title} could not be written to disk: {error.strerror}.",
            hint="Free some space, or see that the folder can be written to.",
        ) from error
    finally:
        with contextlib.suppress(OSError):  # its folder may not exist
            part.unlink()
    return target


def _stream(answer: requests.Response, part: Path, progress: Progress) -> str:
    """Write the file and give its SHA-256."""
    digest, done = hashlib.sha256(), 0
    most = settings().max_checkpoint_bytes
    with answer, part.open("xb") as file:
        answer.raise_for_status()
        length = answer.headers.get("Content-Length", "")
        total = int(length) if length.isdigit() and "Content-Encoding" not in answer.headers else 0
        for piece in answer.iter_content(_CHUNK):
            digest.update(piece)
            file.write(piece)
            done += len(piece)
            if max(done, total) > most:
                raise ModelError(
                    f"The download is larger than {most / 1e9:g} GB.", hint="Raise HEATPROOF_MAX_CHECKPOINT_BYTES."
                )
            progress(done, total)
    if done < total:
        raise requests.ConnectionError(f"{done} of {total} bytes came")
    return digest.hexdigest()


def _answer(url: str, title: str) -> requests.Response:
    try:
        return requests.get(url, stream=True, timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"})
    except requests.RequestException:
        raise
    except OSError as error:  # requests looks for the certificates itself, and says so with a bare OSError
        raise ModelError(
            f"{title} could not be downloaded: the certificates that the environment names can't be read.",
            hint="Correct or remove REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.",
        ) from error


def _wrong_hash(title: str, digest: str, wanted: str) -> ModelError:
    return ModelError(
        f"The file that came is not {title}: its SHA-256 begins with {digest[: len(wanted)]}, not {wanted}.",
        hint="Try again; if it stays so, the server or a proxy on the way sends another file.",
    )


def _download_failed(url: str, title: str, error: requests.RequestException | LocationParseError) -> ModelError:
    host = urlsplit(url).hostname
    reason = f"the connection to {host} failed or broke off"
    hint = "Check the network and try again; the embedded network needs no download."
    if isinstance(error, requests.HTTPError) and error.response is not None:
        reason = f"{host} answers {error.response.status_code}"
    elif isinstance(error, LocationParseError | InvalidURL | InvalidSchema) and get_environ_proxies(url):
        reason = "the proxy that the environment names can't be used"
        hint = "Correct or remove HTTPS_PROXY and ALL_PROXY; a proxy reads http://host:port."
    elif isinstance(error, ProxyError):
        reason = "the proxy that the environment names does not pass it on"
    elif isinstance(error, SSLError):
        reason = f"{host} can't prove who it is"
    elif isinstance(error, requests.Timeout):
        reason = f"{host} does not answer in time"
    return ModelError(f"{title} could not be downloaded: {reason}.", hint=hint)
