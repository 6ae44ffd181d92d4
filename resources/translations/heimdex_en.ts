<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Actions</name>
    <message numerus="yes">
        <source>%n photo(s) taken.</source>
        <translation>
            <numerusform>%n photo taken.</numerusform>
            <numerusform>%n photos taken.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Found in %n video(s).</source>
        <translation>
            <numerusform>Found in %n video.</numerusform>
            <numerusform>Found in %n videos.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n photo(s) removed.</source>
        <translation>
            <numerusform>%n photo removed.</numerusform>
            <numerusform>%n photos removed.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n face(s) taken out.</source>
        <translation>
            <numerusform>%n face taken out.</numerusform>
            <numerusform>%n faces taken out.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n face(s) given to “%1”.</source>
        <translation>
            <numerusform>%n face given to “%1”.</numerusform>
            <numerusform>%n faces given to “%1”.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Erased, with %n face(s).</source>
        <translation>
            <numerusform>Erased, with %n face.</numerusform>
            <numerusform>Erased, with %n faces.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n automatic backup(s) went with it.</source>
        <translation>
            <numerusform>%n automatic backup went with it.</numerusform>
            <numerusform>%n automatic backups went with it.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ActivityPanel</name>
    <message numerus="yes">
        <source>%n video(s) to do</source>
        <translation>
            <numerusform>%n video to do</numerusform>
            <numerusform>%n videos to do</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n with a problem</source>
        <translation>
            <numerusform>%n with a problem</numerusform>
            <numerusform>%n with a problem</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Asking</name>
    <message numerus="yes">
        <source>%n new</source>
        <translation>
            <numerusform>%n new</numerusform>
            <numerusform>%n new</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CarePage</name>
    <message numerus="yes">
        <source>%n backup(s)</source>
        <translation>
            <numerusform>%n backup</numerusform>
            <numerusform>%n backups</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DetailsView</name>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n more</numerusform>
            <numerusform>%n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>GroupCard</name>
    <message numerus="yes">
        <source>%n time(s)</source>
        <translation>
            <numerusform>%n time</numerusform>
            <numerusform>%n times</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in %n video(s)</source>
        <translation>
            <numerusform>in %n video</numerusform>
            <numerusform>in %n videos</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>JobBar</name>
    <message numerus="yes">
        <source>Paused · %n video(s) waiting</source>
        <translation>
            <numerusform>Paused · %n video waiting</numerusform>
            <numerusform>Paused · %n videos waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n more</numerusform>
            <numerusform>%n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n video(s) waiting</source>
        <translation>
            <numerusform>%n video waiting</numerusform>
            <numerusform>%n videos waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n video(s) wait</source>
        <translation>
            <numerusform>%n video waits</numerusform>
            <numerusform>%n videos wait</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LibraryPanel</name>
    <message numerus="yes">
        <source>%n video(s)</source>
        <translation>
            <numerusform>%n video</numerusform>
            <numerusform>%n videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Remove %n video(s) from the library?</source>
        <translation>
            <numerusform>Remove %n video from the library?</numerusform>
            <numerusform>Remove %n videos from the library?</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PeopleDelegate</name>
    <message numerus="yes">
        <source>%n video(s)</source>
        <translation>
            <numerusform>%n video</numerusform>
            <numerusform>%n videos</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PeopleModel</name>
    <message numerus="yes">
        <source>%n time(s)</source>
        <translation>
            <numerusform>%n time</numerusform>
            <numerusform>%n times</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in %n video(s)</source>
        <translation>
            <numerusform>in %n video</numerusform>
            <numerusform>in %n videos</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PeoplePanel</name>
    <message numerus="yes">
        <source>Show %n hidden</source>
        <translation>
            <numerusform>Show %n hidden</numerusform>
            <numerusform>Show %n hidden</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Show %n more</source>
        <translation>
            <numerusform>Show %n more</numerusform>
            <numerusform>Show %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PeopleSettings</name>
    <message numerus="yes">
        <source>%n face(s) are stored.</source>
        <translation>
            <numerusform>%n face is stored.</numerusform>
            <numerusform>%n faces are stored.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PersonPage</name>
    <message numerus="yes">
        <source>%n face(s)</source>
        <translation>
            <numerusform>%n face</numerusform>
            <numerusform>%n faces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in %n video(s)</source>
        <translation>
            <numerusform>in %n video</numerusform>
            <numerusform>in %n videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n photo(s)…</source>
        <translation>
            <numerusform>%n photo…</numerusform>
            <numerusform>%n photos…</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>QuestionCard</name>
    <message numerus="yes">
        <source>%n time(s)</source>
        <translation>
            <numerusform>%n time</numerusform>
            <numerusform>%n times</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n more</numerusform>
            <numerusform>%n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ResultsPanel</name>
    <message numerus="yes">
        <source>%n moment(s)</source>
        <translation>
            <numerusform>%n moment</numerusform>
            <numerusform>%n moments</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in %n video(s)</source>
        <translation>
            <numerusform>in %n video</numerusform>
            <numerusform>in %n videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n less sure</source>
        <translation>
            <numerusform>%n less sure</numerusform>
            <numerusform>%n less sure</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SavedLine</name>
    <message numerus="yes">
        <source>%n new</source>
        <translation>
            <numerusform>%n new</numerusform>
            <numerusform>%n new</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Session</name>
    <message numerus="yes">
        <source>%n video(s) added.</source>
        <translation>
            <numerusform>%n video added.</numerusform>
            <numerusform>%n videos added.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n copy(ies) of known videos.</source>
        <translation>
            <numerusform>%n copy of a known video.</numerusform>
            <numerusform>%n copies of known videos.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n video(s) back again.</source>
        <translation>
            <numerusform>%n video back again.</numerusform>
            <numerusform>%n videos back again.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n video(s) at a new place.</source>
        <translation>
            <numerusform>%n video at a new place.</numerusform>
            <numerusform>%n videos at a new place.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) still growing.</source>
        <translation>
            <numerusform>%n file still growing.</numerusform>
            <numerusform>%n files still growing.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n path(s) not taken.</source>
        <translation>
            <numerusform>%n path not taken.</numerusform>
            <numerusform>%n paths not taken.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message numerus="yes">
        <source>and %n more left out</source>
        <translation>
            <numerusform>and %n more left out</numerusform>
            <numerusform>and %n more left out</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SwitchedOff</name>
    <message numerus="yes">
        <source>%n face(s) found before are still stored.</source>
        <translation>
            <numerusform>%n face found before is still stored.</numerusform>
            <numerusform>%n faces found before are still stored.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Span</name>
    <message numerus="yes">
        <source>about %n minute(s)</source>
        <translation>
            <numerusform>about %n minute</numerusform>
            <numerusform>about %n minutes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>about %n hour(s)</source>
        <translation>
            <numerusform>about %n hour</numerusform>
            <numerusform>about %n hours</numerusform>
        </translation>
    </message>
</context>
</TS>
