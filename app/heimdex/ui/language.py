"""Loads the window's translation, and Qt's own, for the language that is chosen.

The words themselves are in `resources/translations`.
"""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

DOMAIN = "heimdex"


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
    ours = QTranslator(application)
    if ours.load(locale, DOMAIN, "_", str(folder)):
        application.installTranslator(ours)
        spoken = QLocale.languageToCode(locale.language())
    else:
        # The plural forms of English ("%n video(s)") are a translation as well.
        english = QTranslator(application)
        if english.load(str(folder / f"{DOMAIN}_en.qm")):
            application.installTranslator(english)
    qt = QTranslator(application)
    if qt.load(locale, "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(qt)
    return spoken
