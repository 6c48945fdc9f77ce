"""Weights from their makers: fixed hosts, whole and verified or not at all; the environment's proxies are honoured."""

import contextlib
import hashlib
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import requests

from gradcam_core.config import settings
from gradcam_core.errors import ModelError, ResourceError
from gradcam_core.progress import Progress, silent

_CHUNK = 65_536
_TIMEOUT = (10.0, 30.0)  # seconds to connect, and between two pieces


def download_file(url: str, target: Path, *, sha256_prefix: str = "", progress: Progress = silent) -> Path:
    """Stream a file to `target`; it appears there whole and verified, or not at all.

    Args:
        sha256_prefix: the first hex digits of its SHA-256, as in the names of torch's files.
        progress: told of the bytes done and in all; what it raises ends the download and passes through.

    Raises:
        ModelError: if the file does not come, or another one does.
        ResourceError: if it can't be written.
    """
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex[:8]}.part")  # of its own, for parallel downloads
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = _stream(url, part, progress)
        if not digest.startswith(sha256_prefix.lower()):
            raise _wrong_hash(target.name, digest, sha256_prefix)
        part.replace(target)
    except requests.RequestException as error:
        raise _download_failed(url, target.name, error) from error
    except OSError as error:
        raise ResourceError(
            f"{target.name} could not be written to disk: {error.strerror}.",
            hint="Free some space, or see that the folder can be written to.",
        ) from error
    finally:
        with contextlib.suppress(OSError):  # its folder may not exist
            part.unlink()
    return target


def _stream(url: str, part: Path, progress: Progress) -> str:
    """Write the file and give its SHA-256."""
    digest, done = hashlib.sha256(), 0
    most = settings().max_checkpoint_bytes
    with (
        requests.get(url, stream=True, timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"}) as response,
        part.open("xb") as file,
    ):
        response.raise_for_status()
        length = response.headers.get("Content-Length", "")
        total = int(length) if length.isdigit() and "Content-Encoding" not in response.headers else 0
        for piece in response.iter_content(_CHUNK):
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


def _wrong_hash(name: str, digest: str, wanted: str) -> ModelError:
    return ModelError(
        f"The file that came is not {name}: its SHA-256 begins with {digest[: len(wanted)]}, not {wanted}.",
        hint="Try again; if it stays so, the server or a proxy on the way sends another file.",
    )


def _download_failed(url: str, name: str, error: requests.RequestException) -> ModelError:
    host = urlsplit(url).hostname
    reason = f"the connection to {host} failed or broke off"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        reason = f"{host} answers {error.response.status_code}"
    elif isinstance(error, requests.exceptions.ProxyError):
        reason = "the proxy that the environment names does not pass it on"
    elif isinstance(error, requests.exceptions.SSLError):
        reason = f"{host} can't prove who it is"
    elif isinstance(error, requests.Timeout):
        reason = f"{host} does not answer in time"
    return ModelError(
        f"{name} could not be downloaded: {reason}.",
        hint="Check the network and try again; the embedded network needs no download.",
    )
