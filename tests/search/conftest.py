"""The golden library, made once."""

from collections.abc import Iterator

import pytest
from golden_library import DAY, Described, Golden


@pytest.fixture(scope="session")
def towers() -> Described:
    return Described()


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory, towers: Described) -> Iterator[Golden]:
    """Read-only: shared by all tests of a session."""
    folder = tmp_path_factory.mktemp("golden")
    library = Golden(folder, towers)
    library.add(
        "birthday.mp4",
        [
            (1, 4, "엄마 생일 축하해요. 선물은 책상 위에 있어요."),
            (5, 8, "이제 케이크에 촛불을 켜자."),
            (9, 12, "내년에는 제주도로 여행을 가고 싶어."),
            (13, 16, "비행기 표는 내가 예약할게."),
        ],
        [(0, 8, "a birthday cake with candles on a kitchen table"), (8, 17, "people on a sofa")],
        [(0, 8, "엄마"), (9, 16, "지훈")],
        recorded_at=100 * DAY,
        language="ko",
    )
    library.add(
        "talk.mp4",
        [
            (0.5, 4, "Good evening, and thank you all for coming."),
            (4.2, 9, "After two years of negotiations we have reached an agreement."),
            (30, 34, "The budget for the schools will be doubled next year."),
            (34.5, 39, "Every child deserves a good teacher."),
        ],
        [(0, 20, "a politician at a podium with flags"), (20, 40, "a classroom full of children")],
        [(0, 19, "Barack Obama"), (28, 40, "Joe Biden")],
        recorded_at=200 * DAY,
    )
    library.add(
        "holiday/beach.mp4",
        (),
        [
            (0, 6, "a dog running on a sandy beach"),
            (6, 12, "a sailing boat on the sea"),
            (12, 20, "the sun setting behind mountains"),
        ],
        [(6, 12, "엄마")],
        recorded_at=300 * DAY,
    )
    library.add(
        "cooking.mp4",
        [
            (2, 6, "First we boil the water and add a pinch of salt."),
            (7, 11, "Then the noodles go in for eight minutes."),
            (12, 16, "Never leave the stove alone with a dog in the kitchen."),
        ],
        [(0, 18, "a pot of boiling water on a stove")],
        recorded_at=400 * DAY,
    )
    library.store.set_aliases(library.ids["Barack Obama"], ["Obama", "오바마", "버락 오바마"])
    library.store.set_aliases(library.ids["엄마"], ["mom"])
    library.index.sync(library.database)
    yield library
    library.index.close()
    library.database.close()
