"""The keys: they rotate, the one before the last is destroyed, and a folder that fails ends no visit."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from screening.keys import ROTATION, SKEW, Keys, UnreadableError, destroy

NOON = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def key_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.key"))


def test_what_is_sealed_opens_with_its_time(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys", Clock())
    assert keys.open(keys.seal(b"a visit")) == (b"a visit", int(NOON))


def test_the_folder_is_private_and_no_backup_takes_it(tmp_path: Path) -> None:
    Keys(tmp_path / "keys", Clock())
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert (tmp_path / "keys" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert [stat.S_IMODE(path.stat().st_mode) for path in key_files(tmp_path / "keys")] == [0o600]


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda text: text[:-4], "cut short"),
        (lambda text: text[:20] + ("A" if text[20] != "A" else "B") + text[21:], "altered"),
        (lambda text: "", "empty"),
        (lambda text: "é" + text, "not even ASCII"),
    ],
)
def test_what_was_tampered_with_does_not_open(tmp_path: Path, damage: Callable[[str], str], what: str) -> None:
    keys = Keys(tmp_path / "keys", Clock())
    with pytest.raises(UnreadableError):
        keys.open(damage(keys.seal(b"a visit")))


def test_a_key_rotates_after_two_hours_and_what_it_sealed_stays_open_for_two_more(tmp_path: Path) -> None:
    clock = Clock()
    keys = Keys(tmp_path / "keys", clock)
    sealed = keys.seal(b"a visit")
    clock.now += ROTATION - 1
    keys.seal(b"another")
    assert len(key_files(tmp_path / "keys")) == 1
    clock.now += 1
    keys.seal(b"another")
    assert len(key_files(tmp_path / "keys")) == 2
    assert keys.open(sealed)[0] == b"a visit"
    clock.now += ROTATION
    keys.seal(b"another")
    assert len(key_files(tmp_path / "keys")) == 2, "the key before the last is destroyed"
    with pytest.raises(UnreadableError):
        keys.open(sealed)


def test_old_keys_are_destroyed_at_the_start(tmp_path: Path) -> None:
    clock = Clock()
    sealed = Keys(tmp_path / "keys", clock).seal(b"a visit")
    old = key_files(tmp_path / "keys")
    clock.now += 2 * ROTATION
    restarted = Keys(tmp_path / "keys", clock)
    assert not set(old) & set(key_files(tmp_path / "keys"))
    with pytest.raises(UnreadableError):
        restarted.open(sealed)


def test_a_destroyed_key_is_overwritten_before_it_is_gone(tmp_path: Path) -> None:
    clock = Clock()
    Keys(tmp_path / "keys", clock)
    (old,) = key_files(tmp_path / "keys")
    held = old.open("rb")
    clock.now += 2 * ROTATION
    Keys(tmp_path / "keys", clock)
    assert not old.exists()
    content = held.read()
    held.close()
    assert content and not content.strip(b"\0")


def test_to_destroy_a_key_that_another_destroyed_first_is_no_error(tmp_path: Path) -> None:
    destroy(tmp_path / "gone.key")
    assert not (tmp_path / "gone.key").exists()


def test_workers_that_share_the_folder_open_each_others_visits(tmp_path: Path) -> None:
    clock = Clock()
    one, other = Keys(tmp_path / "keys", clock), Keys(tmp_path / "keys", clock)
    clock.now += ROTATION
    sealed = one.seal(b"a visit")
    assert other.open(sealed)[0] == b"a visit"
    assert len(key_files(tmp_path / "keys")) == 2, "the second worker takes the first one's new key"


def test_a_worker_forgets_a_key_that_another_destroyed(tmp_path: Path) -> None:
    clock = Clock()
    one, other = Keys(tmp_path / "keys", clock), Keys(tmp_path / "keys", clock)
    sealed = other.seal(b"a visit")
    for path in key_files(tmp_path / "keys"):
        path.unlink()
    one.tend()
    with pytest.raises(UnreadableError):
        other.open(sealed)


def test_a_clock_that_was_set_back_gets_a_new_key_at_once(tmp_path: Path) -> None:
    clock = Clock()
    keys = Keys(tmp_path / "keys", clock)
    future = key_files(tmp_path / "keys")
    clock.now -= 86_400
    keys.seal(b"a visit")
    assert not set(future) & set(key_files(tmp_path / "keys"))
    clock.now -= SKEW / 2
    before = key_files(tmp_path / "keys")
    keys.seal(b"a visit")
    assert key_files(tmp_path / "keys") == before, "a small step back changes nothing"


def test_a_clock_that_was_set_back_to_the_second_of_an_older_key_keeps_a_key(tmp_path: Path) -> None:
    clock = Clock()
    keys = Keys(tmp_path / "keys", clock)
    clock.now += ROTATION
    keys.tend()
    assert len(key_files(tmp_path / "keys")) == 2
    clock.now -= ROTATION
    keys.tend()
    assert [path.stem for path in key_files(tmp_path / "keys")] == [str(int(NOON))]
    assert keys.open(keys.seal(b"a visit"))[0] == b"a visit"


def test_a_folder_that_cannot_be_made_leaves_one_key_in_memory_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    keys = Keys(tmp_path / "file" / "keys", Clock())
    assert keys.in_memory
    assert keys.open(keys.seal(b"a visit"))[0] == b"a visit"
    (record,) = caplog.records
    assert record.levelname == "WARNING" and "SCREENING_KEYS" in record.getMessage()


def test_a_key_in_memory_serves_the_workers_that_are_forked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    keys = Keys(tmp_path / "file" / "keys", Clock())
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, keys.seal(b"a visit").encode())
        os._exit(0)
    os.wait()
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert keys.open(pipe.read())[0] == b"a visit"


def test_a_folder_that_fails_later_ends_no_visit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    keys = Keys(tmp_path / "keys", clock)
    sealed = keys.seal(b"a visit")
    (tmp_path / "keys").rename(tmp_path / "elsewhere")
    clock.now += ROTATION
    assert keys.open(sealed)[0] == b"a visit"
    assert keys.open(keys.seal(b"more"))[0] == b"more"
    assert "stays in use" in caplog.text
