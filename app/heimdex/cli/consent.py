"""Asks the person at the terminal, in English or Korean, whatever the keyboard's layout.

What is asked, and what is done where nobody is there, is the commands' affair.
"""

YES = frozenset({"y", "yes", "ㅛ", "예", "네"})
NO = frozenset({"n", "no", "ㅜ", "아니요", "아니오"})


def answer(question: str) -> str:
    """What was typed, in small letters; "" for the end of the input."""
    try:
        return input(question).strip().lower()
    except EOFError:
        print()
        return ""


def agreed(question: str) -> bool:
    """Whether the answer is a yes; anything else is a no."""
    return answer(f"{question} [y/N] ") in YES
