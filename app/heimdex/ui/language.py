"""Loads the window's translation, and Qt's own, for the language that is chosen.

The words themselves are in `resources/translations`.
"""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

DOMAIN = "heimdex"

_words: list[bytes] = []
"""What translators that were ever installed read from."""


def install(application: QCoreApplication, resources: Path, language: str) -> str:
    """Speak `language` (`system` or a code) from now on; returns the code that is spoken.

    English stands in the code; what has no translation is English. Called before any widget is
    made, because widgets keep the words they were made with.
    """
    for before in application.findChildren(QTranslator):
        application.removeTranslator(before)
        before.deleteLater()
    locale = QLocale.system() if language == "system" else QLocale(language)
    QLocale.setDefault(locale)
    folder = resources / "translations"
    spoken = "en"
    if _speak(application, folder, DOMAIN, locale):
        spoken = QLocale.languageToCode(locale.language())
    else:
        # The plural forms of English ("%n video(s)") are a translation as well.
        _speak(application, folder, DOMAIN, QLocale("en"))
    qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    _speak(application, Path(qt), "qtbase", locale)
    return spoken


def _speak(application: QCoreApplication, folder: Path, domain: str, locale: QLocale) -> bool:
    """Install the first translation of `domain` that fits; False where there is none.

    Read into memory: Qt maps a file that it opens itself, and a window that is open while an update
    writes over the file would crash at its next word.
    """
    for language in locale.uiLanguages():
        for code in (language.replace("-", "_"), language.partition("-")[0]):
            try:
                words = (folder / f"{domain}_{code}.qm").read_bytes()
            except OSError:
                continue
            translator = QTranslator(application)
            if translator.load(words):
                # Qt does not copy them.
                _words.append(words)
                return application.installTranslator(translator)
    return False
