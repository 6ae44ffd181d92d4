"""Words that frame a request without being part of it: "the scene where …", "… 말하는 장면".

What a framing word tells about the kind of evidence is read by `spoken`; everything else about
meaning is left to the models. Lists are short on purpose: a word that is dropped wrongly
costs more than one that is kept.
"""

import re
import unicodedata

from heimdex.search.korean import has_hangul, stem

_CLIP = r"(?:video|vid|clip|scene|moment|footage|shot|part|bit|recording|movie)s?"
_LEAD = re.compile(
    r"^(?:"
    r"(?:please|(?:can|could) you)\b|"
    r"(?:show|find|give|get|play)(?:\s+(?:me|us))?\b"
    r"(?=\s+(?:the|a|an|all|every|any|some|my|our|when|where)\b)|"
    r"(?:show|find)\s+me\b|"
    r"(?:the|a|an|all(?:\s+the)?|every|any|some|my|our)?\s*" + _CLIP + r"\s+"
    r"(?:where|when|in\s+which|with|showing|that\s+shows?|about|of)\b(?!\s+the\s+(?:day|film|game)\b)|"
    r"that\s+time\s+(?:when\s+)?|"
    r"(?:the|that)\s+(?:one|ones|time)\s+(?:where|when|in\s+which|with)\b|"
    r"(?:where|when)\s+(?=(?:he|she|they|we|i|somebody|someone|people)\b)"
    r")\s*",
    re.IGNORECASE,
)
_SOMEBODY = r"(?:(?:somebody|someone|anyone|anybody|people|he|she|they)\s+(?:is|are|was|were)?\s*)?"
_LEAD_SPEECH = re.compile(
    r"^" + _SOMEBODY + r"(?:is\s+|are\s+|was\s+|were\s+)?"
    r"(?:(?:talk|speak)(?:s|ing)?\s+(?:about|of)|mention(?:s|ing|ed)?|say(?:s|ing)?|said|"
    r"discuss(?:es|ing|ed)?|tell(?:s|ing)?\s+(?:us|me)?\s*about)\b\s*(?:that\b\s*)?",
    re.IGNORECASE,
)
_SOMEBODY_ON = re.compile(
    r"^(?:somebody|someone|anyone|anybody|people|he|she|they)\s+(?:(?:is|are|was|were)\s+)?"
    r"(?:(?:talk|speak)(?:s|ing)?\s+(?:about|of)|mention(?:s|ing|ed)?|discuss(?:es|ing|ed)?)\s+(?=\w)",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,]+(?:(?:video|vid|clip|scene|moment|footage|recording)s?|says?|said|saying|talking|speaking"
    r"|is|are|who|that|and|with|in|on|at|of|about|where|when)\s*$",
    re.IGNORECASE,
)
_LONE_LEAD = re.compile(r"^(?:and|or|with|who|is|are|was|were|in|on|at|of|about|to|&|,)\b\s*", re.I)
_LONE_QUOTE = re.compile(r'(?<!\d)"')
_NOTHING = frozenset(
    (
        "video videos vid vids clip clips movie movies one ones thing everyone everybody "
        "everything anyone anybody anything except but both alone just only one s "
        "them scene scenes moment moments "
        "footage shot shots part parts and or with together the a an is "
        "are was were of in on at all every any show me find talking "
        "speaking says said saying appears appearing appear seen who where when please"
    ).split()
)

_KO_THING = (
    r"(?:장면|영상|동영상|비디오|클립|순간|대목|모습|화면|부분|거|것|컷|씬|데|곳|때)"
    r"(?:들)?(?:이|을|를|은|는|만|도|좀)?"
)
_KO_ASK = (
    r"(?:좀\s*)?(?:다\s*)?(?:찾아|보여|틀어|알려)"
    r"\s*(?:줘|주세요|줄래|봐|달라|주라)?(?:요)?|어디(?:야|지|에|예요)?(?:\s?있(?:어|지|나|니|더라)(?:요)?)?|있잖아(?:요)?|[ㅋㅎㅠㅜ]+"
)
_KO_SAY = (
    r"(?:말하는|말한|말했던|말하고\s*있는|얘기하는|이야기하는|언급하는|언급한"
    r"|(?:모습이\s+)?담긴|나오는|나온|나왔던|등장하는|보이는|찍힌|찍은|찍었던|촬영한|있는|있던|하는"
    r"|(?:갔|있|했|왔|놀러\s?갔|여행\s?갔)을)"
)
_KO_TAIL = re.compile(rf"\s*(?:{_KO_ASK})\s*[.!?~]*$")
_KO_TAIL_THING = re.compile(rf"(?:^|\s+|(?<=[는은던한된긴인린을난온])){_KO_THING}\s*[.!?~]*$")
_KO_TAIL_TIME = re.compile(r"(?<=[가-힣]{2})(?:(?:갔|했|있|왔)을\s?때|(?<![을를할갈볼올릴])때)$")
_KO_INNER = re.compile(
    r"\s+(?:영상|동영상|비디오|장면)(?:인데|이고|\s?중에서?|에서)(?=\s|$)|\s+중에서?(?=\s|$)"
)
_KO_LEAD = re.compile(
    r"^(?:찍은(?:\s+(?:영상|동영상))?|나오(?:는데|고|지만)|있(?:는데|고)|혼자|(?:둘|셋|넷)\s?다)(?=\s|$)\s*"
)
_KO_WORDED = re.compile(
    r"(?:이?라는)?\s*(?:말|단어|대사)(?:이|가|을|를|도)?\s+(?:나오는|나온|하는|한|들리는)$"
)
_KO_SHOWN = re.compile(
    r"\s*(?:(?:이?라고\s*)?(?:써\s?있는|쓰여\s?있는|쓰인|써진|적힌|적혀\s?있는|나와\s?있는))$"
)
_KO_TAIL_SAY = re.compile(rf"(?:^|\s+){_KO_SAY}$")
_KO_ABOUT = re.compile(
    r"(?:에|과|와)?\s+(?:대해서|대해|대하여|대한|관해서|관해|관하여|관한|관련해서|관련된|관련해)$"
)
_KO_ABOUT_END = re.compile(r"(?<=\S)에\s*(?:대해서|대해|대한|관해서|관해|관한)$")
_KO_NOTHING = frozenset(
    (
        "같이 함께 혼자 둘이 둘 셋 단둘이 모두 다 좀 그리고 또 나오는데 나오고 있는데 또는 "
        "혹은 찍은 담긴 때 화면 간판 자막 글자 글씨 표지판 현수막 "
        "나오는 나온 나왔던 등장하는 보이는 "
        "찍힌 있는 하는 말하는 얘기하는 이야기하는 말한 장면 영상 동영상 비디오 클립 순간 모습 "
        "부분 거 것 찾아줘 보여줘 찾아 보여 줘"
    ).split()
)

_SPOKEN = re.compile(
    r"\b(?:say(?:s|ing)?|said|mention(?:s|ed|ing)?|explain(?:s|ed|ing)?|discuss(?:es|ed|ing)?"
    r"|tell(?:s|ing)?|told|announc(?:es|ed|ing)|narrat(?:es|ed|ion|or)"
    r"|(?:talk(?:s|ed|ing)?|speak(?:s|ing)?|spoke|speech|interview(?:s|ed)?)\s+(?:about|of|on))\b"
    r"|(?:대해|대하여|대한|관해|관하여|관한|라고|다고)\S*\s+(?:말|이야기|얘기|언급|설명|연설|인터뷰)"
    r"|라는\s+(?:말|단어|대사)(?![가-힣]{2})|말했|말씀|(?:얘기|이야기)를?\s*(?:하|들려)|언급|설명",
    re.IGNORECASE,
)
_SIGN = (
    r"(?:sign|banner|poster|screen|title|caption|text|subtitle|slide|label|shirt|t-shirt|board"
    r"|card|sticker|plate|note|letter|tattoo|headline|billboard|cake)s?"
)
_SIGN_SAYS = re.compile(
    rf"(?<!\bon the )(?<!\bon a )\b{_SIGN}\s+(?:(?:that|which)\s+)?(?:say(?:s|ing)?|said)\b"
    rf"|\bit\s+says?\b(?=.{{0,80}}\bon\s+(?:the|a|an|his|her|their|my)\s+(?:\w+\s+)?{_SIGN}\b)",
    re.IGNORECASE,
)
_SMALL = frozenset("the a an at in on with of from to any some this that his her my our".split())
_JOINT = frozenset("and or but with while".split())
_PREPOSITIONS = frozenset("in on at from to by near under over during for when who that is".split())
_FILLER = frozenset("거 것 건 장면 영상 찍은 찍힌 나오는 나온 있는 하는 부분".split())


def core(text: str, *, beside_others: bool) -> str:
    """Drop what frames the request from both ends of `text`, never from its middle.

    `beside_others`: the query also names people or phrases, so that nothing at all may be left.
    """
    meaning = text.strip()
    if text.count('"') == 1:
        meaning = " ".join(_LONE_QUOTE.sub("", text).split()) or meaning
    framed = False
    for _ in range(4):
        before = meaning
        meaning = _LEAD.sub("", meaning, count=1).strip()
        framed = framed or meaning != before
        if has_hangul(meaning):
            meaning = _korean_core(meaning, beside_others)
        elif beside_others:
            meaning = _LEAD_SPEECH.sub("", meaning, count=1).strip()
            meaning = _TAIL.sub("", meaning).strip()
            meaning = _LONE_LEAD.sub("", meaning, count=1).strip()
        else:
            pattern = _LEAD_SPEECH if framed else _SOMEBODY_ON
            meaning = pattern.sub("", meaning, count=1).strip() or meaning
        meaning = _trimmed(meaning)
        if meaning == before:
            break
    if beside_others and says_nothing(meaning):
        return ""
    return meaning


def spoken(text: str) -> bool:
    """Whether the sentence asks for something that is said ("talks about …"). Somebody who just
    speaks can be seen to ("speaking at a podium"), and what a sign says is read."""
    return _SPOKEN.search(_SIGN_SAYS.sub(" ", text)) is not None


def is_filler(word: str) -> bool:
    """A word between the excluded thing and 빼고: `식당에서 찍은 거 말고`."""
    return word in _FILLER


def is_small(word: str) -> bool:
    """A word that may stand between NOT and what is excluded."""
    return word.casefold() in _SMALL


def is_preposition(word: str) -> bool:
    """A word that ends what "without" excludes: "without a hat at the beach"."""
    return word.casefold() in _PREPOSITIONS


def is_joint(word: str) -> bool:
    """A word that ends what NOT excludes."""
    return word.casefold() in _JOINT


def _trimmed(text: str) -> str:
    """Without what stands at the ends and says nothing: punctuation, a lone quotation mark, small
    pictures. The minus of a number stays."""
    first, end = 0, len(text)
    while first < end and _says_nothing(text[first], text[first + 1 : first + 2]):
        first += 1
    while end > first and _says_nothing(text[end - 1], ""):
        end -= 1
    # A sentence of nothing but pictures is left as it is.
    return text[first:end] or text


def _says_nothing(letter: str, following: str) -> bool:
    if letter in "-–" and following.isdigit():
        return False
    return letter in ' ,;:.!?~*·…-–—&"“”‘’' or unicodedata.category(letter) in (
        "So",
        "Sk",
        "Mn",
        "Cf",
    )


def _korean_core(text: str, beside_others: bool) -> str:
    text = _KO_LEAD.sub("", _KO_INNER.sub("", text)).strip() or text
    meaning = _KO_TAIL.sub("", text).strip() or text
    worded = _KO_TAIL_THING.sub("", meaning)
    if _KO_WORDED.search(worded):
        meaning = _KO_WORDED.sub("", worded).strip() or ("" if beside_others else meaning)
    meaning = _KO_SHOWN.sub("", _KO_TAIL_TIME.sub("", meaning)).strip() or meaning
    without_thing = _KO_SHOWN.sub("", _KO_TAIL_THING.sub("", meaning)).strip()
    if not (without_thing or beside_others):
        return meaning
    named_thing = without_thing != meaning
    meaning = without_thing
    if named_thing or beside_others:
        without_verb = _KO_TAIL_SAY.sub("", meaning).strip()
        if without_verb or beside_others:
            meaning = without_verb
    about = _KO_ABOUT_END.sub("", _KO_ABOUT.sub("", meaning)).strip()
    return about or meaning


def says_nothing(text: str) -> bool:
    """Whether the words only frame a request: "the video", 나오는 장면."""
    words = re.findall(r"[^\W_]+", text)
    return all(
        w.casefold() in _NOTHING or w in _KO_NOTHING or stem(w) in _KO_NOTHING for w in words
    )
