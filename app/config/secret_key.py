import os
import secrets
from pathlib import Path


def secret_key(data_dir: Path) -> str:
    """The signing key: $DJANGO_SECRET_KEY, or one generated once into DATA_DIR/secret-key (0600).

    It lives on the volume, so sessions and CSRF tokens survive an update, and an old and a new
    container that overlap during a deployment agree on it.
    """
    given = os.environ.get("DJANGO_SECRET_KEY")
    if given:
        return given
    file = data_dir / "secret-key"
    if not file.exists():
        _create_once(file)
    return file.read_text().strip()


def _create_once(file: Path) -> None:
    """Write a private file and link it in place: a reader never sees half a key, and when two
    containers start at once the first one's key wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(64))
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
