"""What the rooms below say in English when something fails, in the window's language.

They write a sentence where they know what happened; it goes to the command line, the log and the
library as it is, and may be read back years later. So a sentence is recognised here by the words
between its names and numbers, whether it comes out of an error, a child process or the library. One
that is not listed is shown as it is.
"""

import re
from collections.abc import Sequence
from functools import cache

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

_PLACE = re.compile(r"%(\d)")

_LISTED = (
    # Adding and looking through folders
    QT_TRANSLATE_NOOP("Complaints", "There is no file or folder %1."),
    QT_TRANSLATE_NOOP("Complaints", "%1 is neither a file nor a folder."),
    QT_TRANSLATE_NOOP("Complaints", "%1 cannot be read (%2)."),
    QT_TRANSLATE_NOOP("Complaints", "%1 is empty."),
    QT_TRANSLATE_NOOP("Complaints", "The folder %1 cannot be read (%2)."),
    QT_TRANSLATE_NOOP("Complaints", "The folder %1 may not be opened; it was left out."),
    QT_TRANSLATE_NOOP("Complaints", "There are no videos or sound recordings in %1."),
    QT_TRANSLATE_NOOP("Complaints", "%1 is still being written; add it again when it is complete."),
    QT_TRANSLATE_NOOP(
        "Complaints", "The file cannot be reached at the moment; indexing goes on when it is back."
    ),
    QT_TRANSLATE_NOOP("Complaints", "The share that %1 is on does not answer."),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "Another drive is at %1 now; add the folder again if its videos are to be taken in as "
        "well.",
    ),
    # Files
    QT_TRANSLATE_NOOP("Complaints", "%1 is not there any more."),
    QT_TRANSLATE_NOOP("Complaints", "%1 cannot be reached (%2)."),
    QT_TRANSLATE_NOOP("Complaints", "%1 is a folder, not a video."),
    QT_TRANSLATE_NOOP("Complaints", "%1 is not a file."),
    QT_TRANSLATE_NOOP("Complaints", "%1 is empty (0 bytes); copy or download it again."),
    QT_TRANSLATE_NOOP(
        "Complaints", "%1 cannot be read: permission is missing. Allow reading it and try again."
    ),
    QT_TRANSLATE_NOOP("Complaints", "%1 cannot be read from its drive (%2)."),
    QT_TRANSLATE_NOOP(
        "Complaints", "%1 cannot be read: its drive does not answer. Try again later."
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "%1 asks for more memory than any video needs: the tables in it are damaged. Copy it again "
        "if you have another copy.",
    ),
    QT_TRANSLATE_NOOP("Complaints", "%1 cannot be opened (%2)."),
    QT_TRANSLATE_NOOP("Complaints", "%1 is protected against copying (DRM) and cannot be read."),
    QT_TRANSLATE_NOOP(
        "Complaints", "%1 is a text file, whatever its name says, not a video or sound."
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "%1 is incomplete: the part that describes it is missing, as after a recording or a copy "
        "that broke off. Copy it again.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "%1 is not a video or sound file, or its beginning is damaged; try to play it elsewhere "
        "and copy it again.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "%1 uses a format that Heimdex cannot decode; convert it to H.264 to have it indexed.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "%1 opens, but nothing in it can be decoded: it is cut off or damaged. Copy it again if "
        "you have another copy.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "%1 claims a picture of %2 × %3 pixels, more than any camera makes; the file is damaged.",
    ),
    QT_TRANSLATE_NOOP("Complaints", "%1 holds neither moving pictures nor sound."),
    QT_TRANSLATE_NOOP("Complaints", "%1 has no picture."),
    QT_TRANSLATE_NOOP("Complaints", "%1 has no sound."),
    QT_TRANSLATE_NOOP("Complaints", "The sound of %1 is in a format that cannot be decoded."),
    QT_TRANSLATE_NOOP("Complaints", "The sound of %1 cannot be decoded: it is damaged."),
    QT_TRANSLATE_NOOP("Complaints", "No picture of %1 can be decoded: it is damaged."),
    QT_TRANSLATE_NOOP("Complaints", "Nothing of %1 can be decoded any more."),
    QT_TRANSLATE_NOOP("Complaints", "%1 is not a picture that Heimdex can read; use JPEG or PNG."),
    QT_TRANSLATE_NOOP("Complaints", "%1 has %2 million pixels; use a smaller copy of it."),
    QT_TRANSLATE_NOOP("Complaints", "A picture could not be saved as JPEG."),
    QT_TRANSLATE_NOOP("Complaints", "A stored picture cannot be read."),
    # Child processes
    QT_TRANSLATE_NOOP("Complaints", "The engine could not be started (%1)."),
    QT_TRANSLATE_NOOP("Complaints", "The engine did not answer for %1 seconds and was stopped."),
    QT_TRANSLATE_NOOP("Complaints", "The engine was not done after %1 seconds and was stopped."),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The engine needed more than %1 GB of memory and was stopped; choose a smaller model or "
        "raise the limit.",
    ),
    QT_TRANSLATE_NOOP("Complaints", "The engine ran out of memory; choose a smaller model."),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The engine was stopped by the system, most likely because memory ran out; close other "
        "programs or choose a smaller model.",
    ),
    QT_TRANSLATE_NOOP("Complaints", "The engine stopped unexpectedly (exit code %1)."),
    QT_TRANSLATE_NOOP("Complaints", "The engine crashed (%1)."),
    QT_TRANSLATE_NOOP("Complaints", "The engine crashed (Windows error %1)."),
    QT_TRANSLATE_NOOP("Complaints", "The engine failed with an internal error (%1)."),
    QT_TRANSLATE_NOOP("Complaints", "An internal error (%1); the log has the details."),
    QT_TRANSLATE_NOOP(
        "Complaints", "The faces of this video were found but not sorted to people; try again."
    ),
    QT_TRANSLATE_NOOP("Complaints", "The engine closed its pipe unexpectedly."),
    # Models
    QT_TRANSLATE_NOOP("Complaints", "%1 cannot be used here: %2."),
    QT_TRANSLATE_NOOP("Complaints", "%1 cannot be installed: %2."),
    QT_TRANSLATE_NOOP(
        "Complaints", "The weights of %1 cannot be opened (%2); install the model again."
    ),
    QT_TRANSLATE_NOOP("Complaints", "The weights of %1 cannot be opened; install the model again."),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "There is not enough memory for %1 with %2; close other programs, or choose a smaller "
        "model.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "There is not enough memory to run %1; close other programs, or choose a smaller ASR_MODEL "
        "or another ASR_DEVICE.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "%1 cannot run on %2: this machine or this model's runtime offers only %3; set its device "
        "to one of these or to auto.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The models need %1 and %2 has only %3 free; make room or choose another place for them.",
    ),
    # The library
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The disk that holds the library is full; free some space, then let indexing go on.",
    ),
    QT_TRANSLATE_NOOP("Complaints", "The library cannot be written to (%1)."),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "Another program keeps the library's database locked; close it, then let indexing go on.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints", "The disk that holds %1 is full; free some space and try again."
    ),
    QT_TRANSLATE_NOOP(
        "Complaints", "The disk that holds %1 reports an error; check the disk and try again."
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The library %1 cannot be opened; check that the folder exists and that you may write to "
        "it.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The library %1 cannot be written to; change its permissions or choose another place.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The library %1 is in use by %2; close that Heimdex or wait until it is done.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The file system of %1 cannot lock files (%2), so that two programs could spoil the "
        "library; keep it on a disk of this computer.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The library %1 was written by a newer Heimdex; update Heimdex to open it.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "Pictures cannot be written to %1 (%2); free some space or check the permissions.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The library %1 is not there any more; connect its drive or put the folder back. "
        "Until then nothing can be kept.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The library was moved to %1 and is not there now; connect its drive, or delete %2 "
        "to begin a new library.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The library %1 cannot be opened (%2); check that the folder exists and that you may "
        "write to it.",
    ),
    QT_TRANSLATE_NOOP("Complaints", "The folder %1 is a file; choose another place."),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The folder %1 cannot be created (%2); choose another place or change its permissions.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The folder %1 cannot be written to (%2); choose another place or change its permissions.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The folder %1 belongs to %2, and you may not write to it; choose a place of your own.",
    ),
    # Looking after the library
    QT_TRANSLATE_NOOP(
        "Complaints", "Pictures of videos that are no longer here were left and are deleted."
    ),
    QT_TRANSLATE_NOOP("Complaints", "The index of words was damaged and has been made anew."),
    QT_TRANSLATE_NOOP("Complaints", "The vector index was damaged and has been made anew."),
    QT_TRANSLATE_NOOP("Complaints", "Pictures that were missing or damaged have been made anew."),
    QT_TRANSLATE_NOOP(
        "Complaints", "The disk that holds %1 has no room for a backup; it needs %2 MB."
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "No backup can be made in %1 (%2); free some space or check the permissions.",
    ),
    QT_TRANSLATE_NOOP("Complaints", "%1 cannot be written (%2)."),
    QT_TRANSLATE_NOOP("Complaints", "The settings cannot be saved to %1 (%2)."),
    QT_TRANSLATE_NOOP(
        "Complaints", "The settings in %1 cannot be read (%2); mend the file or delete it."
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The backup %1 cannot be written (%2); free some space or check the permissions.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "There is no backup in %1; name one, or move %2 away to start a new library. Your "
        "videos are not affected.",
    ),
    QT_TRANSLATE_NOOP("Complaints", "There is no backup %1."),
    QT_TRANSLATE_NOOP("Complaints", "The backup %1 is damaged (%2)."),
    QT_TRANSLATE_NOOP("Complaints", "The backup %1 cannot be read (%2)."),
    QT_TRANSLATE_NOOP("Complaints", "The backup %1 cannot be used: %2"),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The backup cannot be put in its place (%1); check that you may write to %2.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The backup %1 still holds what was erased and cannot be deleted (%2); delete it yourself.",
    ),
    QT_TRANSLATE_NOOP("Complaints", "The settings in %1 cannot be read (%2)."),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "The settings in %1 were written by a newer Heimdex; update Heimdex or move the file away.",
    ),
    QT_TRANSLATE_NOOP("Complaints", "Another folder of the library is at %1."),
    # People and searches
    QT_TRANSLATE_NOOP("Complaints", "A name must have at least one letter."),
    QT_TRANSLATE_NOOP("Complaints", "A name may have %1 characters; this one has %2."),
    QT_TRANSLATE_NOOP("Complaints", "This name has characters that are no text; type it anew."),
    QT_TRANSLATE_NOOP("Complaints", "Somebody is called %1 already."),
    QT_TRANSLATE_NOOP(
        "Complaints", "No face was found in %1; use a photo that shows the face larger."
    ),
    QT_TRANSLATE_NOOP(
        "Complaints",
        "%1 shows %2 faces of about the same size; use a photo with one person.",
    ),
    QT_TRANSLATE_NOOP(
        "Complaints", "This face is not in the library any more; look at the list again."
    ),
    QT_TRANSLATE_NOOP(
        "Complaints", "This face is somebody else's; choose one of the person's own."
    ),
    QT_TRANSLATE_NOOP(
        "Complaints", "Face recognition is switched off; switch it on in the settings."
    ),
    QT_TRANSLATE_NOOP("Complaints", "A saved search needs a name."),
    QT_TRANSLATE_NOOP("Complaints", "Another search is saved as %1 already."),
)
_TOLD_OTHERWISE = {
    "%1 is not installed; run: heimdex models download %2": QT_TRANSLATE_NOOP(
        "Complaints", "%1 is not installed; download it in Settings › Models."
    ),
    "%1 is not installed; run: heimdex models add %2 --from PATH": QT_TRANSLATE_NOOP(
        "Complaints", "%1 is not installed; add it from your files in Settings › Models."
    ),
    "%1 is not downloaded; if you have its files, run: heimdex models add %2 --from PATH": (
        QT_TRANSLATE_NOOP(
            "Complaints",
            "%1 is not downloaded; if you have its files, add it from them in Settings › Models.",
        )
    ),
    "%1 is damaged (%2); run: heimdex models download %3": QT_TRANSLATE_NOOP(
        "Complaints", "%1 is damaged (%2); download it again in Settings › Models."
    ),
    "%1 must be prepared anew (%2); run: heimdex models download %3": QT_TRANSLATE_NOOP(
        "Complaints", "%1 must be prepared anew (%2); download it again in Settings › Models."
    ),
    "The library's database %1 is damaged; `heimdex library restore` puts its newest sound backup "
    "in its place. Your videos are not affected.": QT_TRANSLATE_NOOP(
        "Complaints",
        "The library's database %1 is damaged; start Heimdex again to put its newest sound backup "
        "in its place. Your videos are not affected.",
    ),
    "The library's database %1 is gone, but there are backups of it; `heimdex library restore` "
    "puts the newest sound one in its place. Your videos are not affected.": QT_TRANSLATE_NOOP(
        "Complaints",
        "The library's database %1 is gone, but there are backups of it; start Heimdex again to "
        "put the newest sound one in its place. Your videos are not affected.",
    ),
    "The library knows nothing at %1; see `heimdex status --all`.": QT_TRANSLATE_NOOP(
        "Complaints", "The library knows nothing at %1."
    ),
    "This moment has not been indexed yet; run `heimdex index`.": QT_TRANSLATE_NOOP(
        "Complaints", "This moment has not been indexed yet; try again when it is."
    ),
}
"""What names a command below names the place in the window here: who started Heimdex from a menu
has no terminal."""
SENTENCES = (*map(str, _LISTED), *_TOLD_OTHERWISE)
"""In the words of the rooms that say them, names and numbers as %1, %2, … in their order."""


def told(message: str) -> str:
    """A message in the window's language. Only its first line is a sentence for a person; what
    stands below is technical and stays."""
    first, _, rest = message.partition("\n")
    for sentence, pattern in _patterns():
        if found := pattern.fullmatch(first):
            meant = str(_TOLD_OTHERWISE.get(sentence, sentence))
            said = QCoreApplication.translate("Complaints", meant)
            first = _filled(said, found.groups())
            break
    return f"{first}\n{rest}" if rest else first


def _filled(said: str, values: Sequence[str]) -> str:
    return _PLACE.sub(lambda place: values[int(place[1]) - 1], said)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The most telling first: a file may be called anything, and so hold half a sentence."""
    found = []
    for sentence in sorted(SENTENCES, key=lambda each: -len(_PLACE.sub("", each))):
        parts = [re.escape(part) for part in re.split(r"%\d", sentence)]
        found.append((sentence, re.compile("(.+)".join(parts))))
    return tuple(found)
