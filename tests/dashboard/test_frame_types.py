"""The JSDoc types of the frames are those of the structs that the server encodes."""

from tests.dashboard.frame_types import FILE, written


def test_the_types_of_the_frames_are_those_of_the_structs() -> None:
    assert FILE.read_text() == written(), "the structs have changed: tests/dashboard/frame_types.py writes the file"
