"""Reading recordings: what is right is read, what is wrong is named with its line."""

import gzip
from pathlib import Path

import pytest

from tickmesh.services.replay.files import find_recording, orderbooks_of
from tickmesh.services.replay.lobster import (
    Level,
    Message,
    ReplayError,
    State,
    read_messages,
    read_seed,
    read_states,
)

from .sample import recording

GOOD = "34200.004241176,1,16113575,18,5853300,1"


def written(folder: Path, text: str, name: str = "x_message_1.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def problem(path: Path) -> str:
    with pytest.raises(ReplayError) as error:
        read_messages(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_message_is_read_in_nanoseconds_and_ten_thousandths(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + "\n34200.1,3,16113575,18,5853300,1\r\n")
    assert read_messages(path) == [
        Message(34_200_004_241_176, 1, 16_113_575, 18, 5_853_300, 1),
        Message(34_200_100_000_000, 3, 16_113_575, 18, 5_853_300, 1),
    ]


def test_digits_past_the_nanosecond_are_cut(tmp_path: Path) -> None:
    path = written(tmp_path, "35821.088778456004,3,1,1,100,1\n")
    assert read_messages(path)[0].time_ns == 35_821_088_778_456


def test_a_halt_needs_no_size_and_no_price(tmp_path: Path) -> None:
    path = written(tmp_path, "36023,7,0,0,-1,-1\n36323,7,0,0,0,-1\n36723,7,0,0,1,-1\n")
    assert [message.kind for message in read_messages(path)] == [7, 7, 7]


def test_a_limit_reads_no_further(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + "\nrubbish\n")
    assert len(read_messages(path, limit=1)) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("34201,1,5,18,5853300", "6 columns, not 5"),
        ("34201,1,5,18,5853300,1,9", "6 columns, not 7"),
        ("", "6 columns, not 1"),
        ("nan,1,5,18,5853300,1", "'nan' is no time"),
        ("-1,1,5,18,5853300,1", "'-1' is no time"),
        ("86401,1,5,18,5853300,1", "'86401' is no time"),
        ("34201,8,5,18,5853300,1", "'8' is no type"),
        ("34201,1,x,18,5853300,1", "'x' is no order id"),
        ("34201,1,5,-18,5853300,1", "'-18' is no size"),
        ("34201,1,5,0,5853300,1", "'0' is no size"),
        ("34201,1,5,18,NaN,1", "'NaN' is no price"),
        ("34201,1,5,18,-5853300,1", "'-5853300' is no price"),
        ("34201,1,5,18,5853300,0", "'0' is no direction"),
        ("34200.004241175,1,5,18,5853300,1", "earlier than that of the line before"),
        ("34201,1,16113575,18,5853300,1", "order 16113575 was submitted before"),
    ],
)
def test_a_wrong_line_is_named_with_its_number(tmp_path: Path, line: str, said: str) -> None:
    path = written(tmp_path, f"{GOOD}\n{line}\n")
    assert problem(path).startswith(f"{path}:2: ")
    assert said in problem(path)


def test_a_size_of_endless_digits_is_refused(tmp_path: Path) -> None:
    assert "is no size" in problem(written(tmp_path, f"34201,1,5,{'9' * 5_000},5853300,1\n"))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "there is no message in it" in problem(written(tmp_path, ""))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "No such file" in problem(tmp_path / "x_message_1.csv")
    with pytest.raises(ReplayError, match="there is no such file"):
        find_recording(tmp_path / "x_message_1.csv")


def test_binary_rubbish_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x_message_1.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    assert "no plain text" in problem(path)
    path = tmp_path / "x_message_1.csv.gz"
    path.write_bytes(b"\xff\xfe\x00\x01")
    assert "damaged or cut short" in problem(path)


def test_a_compressed_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    lines = "".join(f"{34_200 + number},1,{number},18,5853300,1\n" for number in range(1_000))
    whole = gzip.compress(lines.encode())
    path = tmp_path / "x_message_1.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    assert "damaged or cut short" in problem(path)


def test_a_book_state_is_the_best_levels_and_an_empty_side_is_zero(tmp_path: Path) -> None:
    path = written(tmp_path, "5859400,200,5853300,18\n9999999999,0,-9999999999,0\n", "x_orderbook_1.csv")
    assert read_states(path) == [State(5_859_400, 200, 5_853_300, 18), State(0, 0, 0, 0)]


@pytest.mark.parametrize("line", ["1,2,3", "1,2,3,4,5,6,7,8", "1,-2,3,4", "1,2,nan,4", "a,b,c,d"])
def test_a_wrong_book_state_is_named_with_its_number(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, f"5859400,200,5853300,18\n{line}\n", "x_orderbook_1.csv")
    with pytest.raises(ReplayError, match=r"x_orderbook_1\.csv:2: "):
        read_states(path)


def test_a_seed_has_the_occupied_levels_of_the_first_row(tmp_path: Path) -> None:
    row = "5859400,200,5853300,18,9999999999,0,5853200,5\n"
    levels = read_seed(written(tmp_path, row + "rubbish\n", "x_orderbook_2.csv"))
    assert levels == [Level(-1, 5_859_400, 200), Level(1, 5_853_300, 18), Level(1, 5_853_200, 5)]


@pytest.mark.parametrize("row", ["", "1,2,3\n", "1,2,3,x\n", "1,-2,3,4\n", "-1,2,3,4\n"])
def test_a_wrong_seed_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(ReplayError):
        read_seed(written(tmp_path, row, "x_orderbook_1.csv"))


def test_the_orderbook_of_the_same_name_is_found(tmp_path: Path) -> None:
    messages = written(tmp_path, GOOD, "A_2012-06-21_1_2_message_10.csv")
    book = written(tmp_path, "1,2,3,4\n", "A_2012-06-21_1_2_orderbook_10.csv")
    written(tmp_path, "1,2,3,4\n", "B_2012-06-21_1_2_orderbook_10.csv")
    assert orderbooks_of(messages) == [book]
    found = find_recording(messages)
    assert (found.seed, found.reference) == (book, book)


def test_the_sample_starts_from_its_deepest_book_and_is_compared_with_its_longest() -> None:
    found = recording()
    assert found.seed is not None and "first672" in found.seed.name
    assert found.reference is not None and "top1" in found.reference.name
