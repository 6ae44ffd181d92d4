<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ko" sourcelanguage="en">
<context>
    <name>AboutPage</name>
    <message>
        <source>Version %1</source>
        <translation>버전 %1</translation>
    </message>
    <message>
        <source>A private search engine for your own videos. Everything runs on this computer; your files are never changed and nothing leaves it.</source>
        <translation>내 영상을 위한 비공개 검색 엔진입니다. 모든 일이 이 컴퓨터에서 이루어지며, 파일은 바뀌지 않고 아무것도 밖으로 나가지 않습니다.</translation>
    </message>
    <message>
        <source>Library: %1</source>
        <translation>보관함: %1</translation>
    </message>
    <message>
        <source>Heimdex is free software under the Apache License 2.0. It uses Qt under the LGPL 3 and FFmpeg under the LGPL 2.1, as separate libraries that you may exchange; the notices say where their sources are, and name everything else.</source>
        <translation>Heimdex는 Apache License 2.0을 따르는 자유 소프트웨어입니다. Qt는 LGPL 3, FFmpeg는 LGPL 2.1에 따라 바꿔 넣을 수 있는 별도 라이브러리로 사용합니다. 소스의 위치와 그 밖의 모든 소프트웨어는 고지에 적혀 있습니다.</translation>
    </message>
    <message>
        <source>Third-party notices</source>
        <translation>제3자 소프트웨어 고지</translation>
    </message>
    <message>
        <source>Open the log folder</source>
        <translation>기록 폴더 열기</translation>
    </message>
</context>
<context>
    <name>Actions</name>
    <message>
        <source>These faces are now part of “%1”.</source>
        <translation>이 얼굴들을 “%1”에 합쳤습니다.</translation>
    </message>
    <message>
        <source>Named “%1” in all videos.</source>
        <translation>모든 영상에서 “%1”(으)로 이름을 붙였습니다.</translation>
    </message>
    <message>
        <source>Found by these names as well.</source>
        <translation>이 이름들로도 찾을 수 있습니다.</translation>
    </message>
    <message>
        <source>Other names removed.</source>
        <translation>다른 이름을 지웠습니다.</translation>
    </message>
    <message numerus="yes">
        <source>%n photo(s) taken.</source>
        <translation>
            <numerusform>사진 %n장을 받았습니다.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Found in %n video(s).</source>
        <translation>
            <numerusform>영상 %n개에서 찾았습니다.</numerusform>
        </translation>
    </message>
    <message>
        <source>“%1” looks the same.</source>
        <translation>“%1” 님과 얼굴이 같아 보입니다.</translation>
    </message>
    <message numerus="yes">
        <source>%n photo(s) removed.</source>
        <translation>
            <numerusform>사진 %n장을 뺐습니다.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n face(s) taken out.</source>
        <translation>
            <numerusform>얼굴 %n개를 뺐습니다.</numerusform>
        </translation>
    </message>
    <message>
        <source>These faces are somebody else now.</source>
        <translation>이 얼굴들은 이제 다른 사람입니다.</translation>
    </message>
    <message numerus="yes">
        <source>%n face(s) given to “%1”.</source>
        <translation>
            <numerusform>얼굴 %n개를 “%1”에게 옮겼습니다.</numerusform>
        </translation>
    </message>
    <message>
        <source>Portrait chosen.</source>
        <translation>대표 사진을 골랐습니다.</translation>
    </message>
    <message>
        <source>Hidden.</source>
        <translation>숨겼습니다.</translation>
    </message>
    <message>
        <source>Shown again.</source>
        <translation>다시 보입니다.</translation>
    </message>
    <message>
        <source>Joined into one person.</source>
        <translation>한 사람으로 합쳤습니다.</translation>
    </message>
    <message>
        <source>Kept apart.</source>
        <translation>다른 사람으로 두었습니다.</translation>
    </message>
    <message>
        <source>Taken back.</source>
        <translation>되돌렸습니다.</translation>
    </message>
    <message>
        <source>Faces are recognised from now on.</source>
        <translation>이제부터 얼굴을 인식합니다.</translation>
    </message>
    <message>
        <source>Faces are not recognised any more.</source>
        <translation>더 이상 얼굴을 인식하지 않습니다.</translation>
    </message>
    <message numerus="yes">
        <source>Erased, with %n face(s).</source>
        <translation>
            <numerusform>얼굴 %n개와 함께 지웠습니다.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n automatic backup(s) went with it.</source>
        <translation>
            <numerusform>자동 백업 %n개도 지웠습니다.</numerusform>
        </translation>
    </message>
    <message>
        <source>The disk is too full to clean the rest now; it is done later.</source>
        <translation>디스크 공간이 모자라 나머지는 나중에 정리합니다.</translation>
    </message>
</context>
<context>
    <name>ActivityPanel</name>
    <message>
        <source>Jobs</source>
        <translation>작업</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>자세히</translation>
    </message>
    <message>
        <source>Nothing to do</source>
        <translation>할 일이 없습니다</translation>
    </message>
    <message>
        <source>When videos are added or change, you see here how their indexing goes.</source>
        <translation>영상을 추가하거나 영상이 바뀌면 색인이 얼마나 진행되었는지 여기에 나타납니다.</translation>
    </message>
    <message>
        <source>Go to the library</source>
        <translation>보관함으로 가기</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>다시 시도</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>위로</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>계속</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>일시정지</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message numerus="yes">
        <source>%n video(s) to do</source>
        <translation>
            <numerusform>남은 영상 %n개</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n with a problem</source>
        <translation>
            <numerusform>문제 %n개</numerusform>
        </translation>
    </message>
    <message>
        <source>all paused</source>
        <translation>모두 멈춤</translation>
    </message>
    <message>
        <source>All done</source>
        <translation>모두 마쳤습니다</translation>
    </message>
    <message>
        <source>Resume all</source>
        <translation>모두 계속</translation>
    </message>
    <message>
        <source>Pause all</source>
        <translation>모두 일시정지</translation>
    </message>
    <message>
        <source>Do this first</source>
        <translation>먼저 하기</translation>
    </message>
</context>
<context>
    <name>Asking</name>
    <message numerus="yes">
        <source>%n new</source>
        <translation>
            <numerusform>새로 %n개</numerusform>
        </translation>
    </message>
    <message>
        <source>The picture could not be kept; is the disk full?</source>
        <translation>사진을 보관하지 못했습니다. 디스크가 가득 찼나요?</translation>
    </message>
    <message>
        <source>Find what looks like a picture</source>
        <translation>사진과 닮은 장면 찾기</translation>
    </message>
    <message>
        <source>picture</source>
        <translation>사진</translation>
    </message>
    <message>
        <source>a removed video</source>
        <translation>지워진 영상</translation>
    </message>
    <message>
        <source>Save this search</source>
        <translation>이 검색 저장</translation>
    </message>
    <message>
        <source>Saved as “%1”. You find it on the empty search page.</source>
        <translation>“%1”(으)로 저장했습니다. 빈 검색 화면에 있습니다.</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>이름 바꾸기</translation>
    </message>
</context>
<context>
    <name>CarePage</name>
    <message>
        <source>Place</source>
        <translation>위치</translation>
    </message>
    <message>
        <source>Videos</source>
        <translation>영상</translation>
    </message>
    <message>
        <source>Database</source>
        <translation>데이터베이스</translation>
    </message>
    <message>
        <source>Checked</source>
        <translation>점검</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>백업</translation>
    </message>
    <message>
        <source>Check and back up now</source>
        <translation>지금 점검하고 백업</translation>
    </message>
    <message>
        <source>Open the folder of backups</source>
        <translation>백업 폴더 열기</translation>
    </message>
    <message>
        <source>Everything that was found in your videos and every name you gave is in the library. Heimdex checks it once a week and keeps backups by itself, up to half a year back; they are as private as the library. If it is ever damaged, Heimdex offers the newest sound backup when it starts.</source>
        <translation>영상에서 찾은 모든 것과 붙여 주신 모든 이름은 보관함에 있습니다. Heimdex는 일주일에 한 번 보관함을 점검하고 반년 전까지의 백업을 스스로 보관합니다. 백업도 보관함과 똑같이 비공개입니다. 보관함이 손상되면 Heimdex를 시작할 때 가장 최근의 온전한 백업을 제안합니다.</translation>
    </message>
    <message>
        <source>not yet; it is done when nothing is being indexed</source>
        <translation>아직 안 함. 분석하지 않을 때 합니다</translation>
    </message>
    <message numerus="yes">
        <source>%n backup(s)</source>
        <translation>
            <numerusform>백업 %n개</numerusform>
        </translation>
    </message>
    <message>
        <source>the newest: %1, %2</source>
        <translation>가장 최근: %1, %2</translation>
    </message>
    <message>
        <source>none yet</source>
        <translation>아직 없음</translation>
    </message>
    <message>
        <source>This waits until nothing is being indexed.</source>
        <translation>분석이 끝날 때까지 기다립니다.</translation>
    </message>
    <message>
        <source>Checking…</source>
        <translation>점검하는 중…</translation>
    </message>
    <message>
        <source>Videos are being indexed; the check is done later, by itself.</source>
        <translation>영상을 분석하는 중입니다. 점검은 나중에 저절로 합니다.</translation>
    </message>
    <message>
        <source>The library is sound.</source>
        <translation>보관함은 온전합니다.</translation>
    </message>
    <message>
        <source>A backup was made and proved.</source>
        <translation>백업을 만들고 확인했습니다.</translation>
    </message>
</context>
<context>
    <name>ChipMenu</name>
    <message>
        <source>Remove</source>
        <translation>지우기</translation>
    </message>
    <message>
        <source>Take it as words</source>
        <translation>그냥 낱말로 찾기</translation>
    </message>
    <message>
        <source>Nobody else has a name yet</source>
        <translation>이름이 있는 다른 사람이 아직 없습니다</translation>
    </message>
    <message>
        <source>Choose days…</source>
        <translation>날짜 고르기…</translation>
    </message>
    <message>
        <source>There are no folders yet</source>
        <translation>아직 폴더가 없습니다</translation>
    </message>
    <message>
        <source>Find it in other words too</source>
        <translation>다른 말로 한 것도 찾기</translation>
    </message>
    <message>
        <source>Search for it instead</source>
        <translation>빼지 말고 찾기</translation>
    </message>
    <message>
        <source>Add it instead</source>
        <translation>빼지 말고 더하기</translation>
    </message>
    <message>
        <source>Take it away instead</source>
        <translation>더하지 말고 빼기</translation>
    </message>
    <message>
        <source>Must be there</source>
        <translation>있어야 함</translation>
    </message>
    <message>
        <source>Must not be there</source>
        <translation>없어야 함</translation>
    </message>
</context>
<context>
    <name>Chips</name>
    <message>
        <source>Left aside: nothing was found with it.</source>
        <translation>이 조건으로는 찾은 것이 없어 빼고 찾았습니다.</translation>
    </message>
    <message>
        <source>or %1</source>
        <translation>또는 %1</translation>
    </message>
    <message>
        <source>Like this picture</source>
        <translation>이 사진과 비슷하게</translation>
    </message>
    <message>
        <source>Unlike this picture</source>
        <translation>이 사진과 다르게</translation>
    </message>
    <message>
        <source>Like this moment</source>
        <translation>이 순간과 닮은</translation>
    </message>
    <message>
        <source>Unlike this moment</source>
        <translation>이 장면과 다르게</translation>
    </message>
    <message>
        <source>Person</source>
        <translation>사람</translation>
    </message>
    <message>
        <source>Exact words</source>
        <translation>말 그대로</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>제외</translation>
    </message>
    <message>
        <source>Part of a sum</source>
        <translation>더하고 빼는 말</translation>
    </message>
    <message>
        <source>Date</source>
        <translation>날짜</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>길이</translation>
    </message>
    <message>
        <source>Kind of evidence</source>
        <translation>찾은 근거의 종류</translation>
    </message>
    <message>
        <source>only %1</source>
        <translation>%1만</translation>
    </message>
    <message>
        <source>not %1</source>
        <translation>%1 빼고</translation>
    </message>
    <message>
        <source>in every year</source>
        <translation>해마다</translation>
    </message>
    <message>
        <source>at least %1</source>
        <translation>%1 이상</translation>
    </message>
    <message>
        <source>at most %1</source>
        <translation>%1 이하</translation>
    </message>
    <message>
        <source>Exactly these words</source>
        <translation>정확히 이 말</translation>
    </message>
    <message>
        <source>from %1</source>
        <translation>%1부터</translation>
    </message>
    <message>
        <source>until %1</source>
        <translation>%1까지</translation>
    </message>
</context>
<context>
    <name>Complaints</name>
    <message>
        <source>There is no file or folder %1.</source>
        <translation>%1에 파일이나 폴더가 없습니다.</translation>
    </message>
    <message>
        <source>%1 is neither a file nor a folder.</source>
        <translation>%1은(는) 파일도 폴더도 아닙니다.</translation>
    </message>
    <message>
        <source>%1 cannot be read (%2).</source>
        <translation>%1을(를) 읽을 수 없습니다(%2).</translation>
    </message>
    <message>
        <source>%1 is empty.</source>
        <translation>%1은(는) 비어 있습니다.</translation>
    </message>
    <message>
        <source>The folder %1 cannot be read (%2).</source>
        <translation>%1 폴더를 읽을 수 없습니다(%2).</translation>
    </message>
    <message>
        <source>The folder %1 may not be opened; it was left out.</source>
        <translation>%1 폴더는 열 권한이 없어 건너뛰었습니다.</translation>
    </message>
    <message>
        <source>There are no videos or sound recordings in %1.</source>
        <translation>%1에 영상이나 녹음이 없습니다.</translation>
    </message>
    <message>
        <source>%1 is still being written; add it again when it is complete.</source>
        <translation>%1은(는) 아직 저장되는 중입니다. 다 저장된 뒤에 다시 추가하세요.</translation>
    </message>
    <message>
        <source>The file cannot be reached at the moment; indexing goes on when it is back.</source>
        <translation>지금은 파일에 접근할 수 없습니다. 다시 연결되면 색인을 이어서 합니다.</translation>
    </message>
    <message>
        <source>The share that %1 is on does not answer.</source>
        <translation>%1이(가) 있는 공유 폴더가 응답하지 않습니다.</translation>
    </message>
    <message>
        <source>Another drive is at %1 now; add the folder again if its videos are to be taken in as well.</source>
        <translation>지금 %1에는 다른 드라이브가 연결되어 있습니다. 그 드라이브의 동영상도 넣으려면 폴더를 다시 추가하세요.</translation>
    </message>
    <message>
        <source>%1 is not there any more.</source>
        <translation>%1이(가) 더 이상 없습니다.</translation>
    </message>
    <message>
        <source>%1 cannot be reached (%2).</source>
        <translation>%1에 접근할 수 없습니다(%2).</translation>
    </message>
    <message>
        <source>%1 is a folder, not a video.</source>
        <translation>%1은(는) 영상이 아니라 폴더입니다.</translation>
    </message>
    <message>
        <source>%1 is not a file.</source>
        <translation>%1은(는) 파일이 아닙니다.</translation>
    </message>
    <message>
        <source>%1 is empty (0 bytes); copy or download it again.</source>
        <translation>%1은(는) 빈 파일(0바이트)입니다. 다시 복사하거나 내려받으세요.</translation>
    </message>
    <message>
        <source>%1 cannot be read: permission is missing. Allow reading it and try again.</source>
        <translation>%1을(를) 읽을 권한이 없습니다. 읽기를 허용한 뒤 다시 시도하세요.</translation>
    </message>
    <message>
        <source>%1 cannot be read from its drive (%2).</source>
        <translation>%1을(를) 드라이브에서 읽을 수 없습니다(%2).</translation>
    </message>
    <message>
        <source>%1 cannot be read: its drive does not answer. Try again later.</source>
        <translation>%1을(를) 읽을 수 없습니다. 드라이브가 응답하지 않습니다. 나중에 다시 시도하세요.</translation>
    </message>
    <message>
        <source>%1 asks for more memory than any video needs: the tables in it are damaged. Copy it again if you have another copy.</source>
        <translation>%1이(가) 어떤 영상에도 필요 없을 만큼 많은 메모리를 요구합니다. 안의 표가 손상되었습니다. 다른 사본이 있으면 다시 복사하세요.</translation>
    </message>
    <message>
        <source>%1 cannot be opened (%2).</source>
        <translation>%1을(를) 열 수 없습니다(%2).</translation>
    </message>
    <message>
        <source>%1 is protected against copying (DRM) and cannot be read.</source>
        <translation>%1은(는) 복사 방지(DRM)가 되어 있어 읽을 수 없습니다.</translation>
    </message>
    <message>
        <source>%1 is a text file, whatever its name says, not a video or sound.</source>
        <translation>%1은(는) 이름과 달리 영상이나 소리가 아니라 텍스트 파일입니다.</translation>
    </message>
    <message>
        <source>%1 is incomplete: the part that describes it is missing, as after a recording or a copy that broke off. Copy it again.</source>
        <translation>%1은(는) 완전하지 않습니다. 녹화나 복사가 중간에 끊겼을 때처럼 파일을 설명하는 부분이 없습니다. 다시 복사하세요.</translation>
    </message>
    <message>
        <source>%1 is not a video or sound file, or its beginning is damaged; try to play it elsewhere and copy it again.</source>
        <translation>%1은(는) 영상이나 소리 파일이 아니거나 앞부분이 손상되었습니다. 다른 곳에서 재생해 보고 다시 복사하세요.</translation>
    </message>
    <message>
        <source>%1 uses a format that Heimdex cannot decode; convert it to H.264 to have it indexed.</source>
        <translation>%1은(는) Heimdex가 풀 수 없는 형식입니다. H.264로 변환하면 분석할 수 있습니다.</translation>
    </message>
    <message>
        <source>%1 opens, but nothing in it can be decoded: it is cut off or damaged. Copy it again if you have another copy.</source>
        <translation>%1은(는) 열리지만 안의 내용을 풀 수 없습니다. 잘렸거나 손상되었습니다. 다른 사본이 있으면 다시 복사하세요.</translation>
    </message>
    <message>
        <source>%1 claims a picture of %2 × %3 pixels, more than any camera makes; the file is damaged.</source>
        <translation>%1의 화면 크기가 %2 × %3픽셀로 적혀 있습니다. 이런 카메라는 없으므로 파일이 손상된 것입니다.</translation>
    </message>
    <message>
        <source>%1 holds neither moving pictures nor sound.</source>
        <translation>%1에는 영상도 소리도 없습니다.</translation>
    </message>
    <message>
        <source>%1 has no picture.</source>
        <translation>%1에는 화면이 없습니다.</translation>
    </message>
    <message>
        <source>%1 has no sound.</source>
        <translation>%1에는 소리가 없습니다.</translation>
    </message>
    <message>
        <source>The sound of %1 is in a format that cannot be decoded.</source>
        <translation>%1의 소리는 풀 수 없는 형식입니다.</translation>
    </message>
    <message>
        <source>The sound of %1 cannot be decoded: it is damaged.</source>
        <translation>%1의 소리가 손상되어 풀 수 없습니다.</translation>
    </message>
    <message>
        <source>No picture of %1 can be decoded: it is damaged.</source>
        <translation>%1이(가) 손상되어 화면을 하나도 풀 수 없습니다.</translation>
    </message>
    <message>
        <source>Nothing of %1 can be decoded any more.</source>
        <translation>%1에서 더 이상 아무것도 풀 수 없습니다.</translation>
    </message>
    <message>
        <source>%1 is not a picture that Heimdex can read; use JPEG or PNG.</source>
        <translation>%1은(는) Heimdex가 읽을 수 없는 사진입니다. JPEG나 PNG를 쓰세요.</translation>
    </message>
    <message>
        <source>%1 has %2 million pixels; use a smaller copy of it.</source>
        <translation>%1은(는) %2백만 화소입니다. 더 작은 사본을 쓰세요.</translation>
    </message>
    <message>
        <source>A picture could not be saved as JPEG.</source>
        <translation>그림을 JPEG로 저장하지 못했습니다.</translation>
    </message>
    <message>
        <source>A stored picture cannot be read.</source>
        <translation>보관된 그림을 읽을 수 없습니다.</translation>
    </message>
    <message>
        <source>The engine could not be started (%1).</source>
        <translation>엔진을 시작할 수 없습니다(%1).</translation>
    </message>
    <message>
        <source>The engine did not answer for %1 seconds and was stopped.</source>
        <translation>엔진이 %1초 동안 응답하지 않아 멈췄습니다.</translation>
    </message>
    <message>
        <source>The engine was not done after %1 seconds and was stopped.</source>
        <translation>엔진이 %1초가 지나도 끝나지 않아 멈췄습니다.</translation>
    </message>
    <message>
        <source>The engine needed more than %1 GB of memory and was stopped; choose a smaller model or raise the limit.</source>
        <translation>엔진이 메모리를 %1 GB보다 많이 필요로 해서 멈췄습니다. 더 작은 모델을 고르거나 한도를 높이세요.</translation>
    </message>
    <message>
        <source>The engine ran out of memory; choose a smaller model.</source>
        <translation>엔진의 메모리가 모자랐습니다. 더 작은 모델을 고르세요.</translation>
    </message>
    <message>
        <source>The engine was stopped by the system, most likely because memory ran out; close other programs or choose a smaller model.</source>
        <translation>시스템이 엔진을 멈췄습니다. 메모리가 모자랐던 것 같습니다. 다른 프로그램을 닫거나 더 작은 모델을 고르세요.</translation>
    </message>
    <message>
        <source>The engine stopped unexpectedly (exit code %1).</source>
        <translation>엔진이 예기치 않게 멈췄습니다(종료 코드 %1).</translation>
    </message>
    <message>
        <source>The engine crashed (%1).</source>
        <translation>엔진이 비정상적으로 끝났습니다(%1).</translation>
    </message>
    <message>
        <source>The engine crashed (Windows error %1).</source>
        <translation>엔진이 비정상적으로 끝났습니다(Windows 오류 %1).</translation>
    </message>
    <message>
        <source>The engine failed with an internal error (%1).</source>
        <translation>엔진에서 내부 오류가 났습니다(%1).</translation>
    </message>
    <message>
        <source>An internal error (%1); the log has the details.</source>
        <translation>내부 오류입니다(%1). 자세한 내용은 기록에 있습니다.</translation>
    </message>
    <message>
        <source>The faces of this video were found but not sorted to people; try again.</source>
        <translation>이 영상의 얼굴을 찾았지만 사람별로 나누지 못했습니다. 다시 시도하세요.</translation>
    </message>
    <message>
        <source>The engine closed its pipe unexpectedly.</source>
        <translation>엔진과의 연결이 갑자기 끊어졌습니다.</translation>
    </message>
    <message>
        <source>%1 is not installed; download it in Settings › Models.</source>
        <translation>%1이(가) 설치되어 있지 않습니다. 설정의 ‘모델’에서 내려받으세요.</translation>
    </message>
    <message>
        <source>%1 is not installed; add it from your files in Settings › Models.</source>
        <translation>%1이(가) 설치되어 있지 않습니다. 설정의 ‘모델’에서 가지고 있는 파일로 추가하세요.</translation>
    </message>
    <message>
        <source>%1 is not downloaded; if you have its files, add it from them in Settings › Models.</source>
        <translation>%1은(는) 내려받는 모델이 아닙니다. 파일이 있으면 설정의 ‘모델’에서 그 파일로 추가하세요.</translation>
    </message>
    <message>
        <source>%1 is damaged (%2); download it again in Settings › Models.</source>
        <translation>%1이(가) 손상되었습니다(%2). 설정의 ‘모델’에서 다시 내려받으세요.</translation>
    </message>
    <message>
        <source>%1 must be prepared anew (%2); download it again in Settings › Models.</source>
        <translation>%1을(를) 새로 준비해야 합니다(%2). 설정의 ‘모델’에서 다시 내려받으세요.</translation>
    </message>
    <message>
        <source>The library&apos;s database %1 is damaged; start Heimdex again to put its newest sound backup in its place. Your videos are not affected.</source>
        <translation>보관함의 데이터베이스 %1이(가) 손상되었습니다. Heimdex를 다시 시작하면 온전한 최신 백업으로 되돌릴 수 있습니다. 영상은 그대로입니다.</translation>
    </message>
    <message>
        <source>The library&apos;s database %1 is gone, but there are backups of it; start Heimdex again to put the newest sound one in its place. Your videos are not affected.</source>
        <translation>보관함의 데이터베이스 %1이(가) 없어졌지만 백업이 있습니다. Heimdex를 다시 시작하면 온전한 최신 백업을 제자리에 놓을 수 있습니다. 영상은 그대로입니다.</translation>
    </message>
    <message>
        <source>The library knows nothing at %1.</source>
        <translation>보관함에는 %1에 대한 것이 없습니다.</translation>
    </message>
    <message>
        <source>This moment has not been indexed yet; try again when it is.</source>
        <translation>이 순간은 아직 처리되지 않았습니다. 처리가 끝난 뒤에 다시 찾으세요.</translation>
    </message>
    <message>
        <source>%1 cannot be used here: %2.</source>
        <translation>%1을(를) 이 컴퓨터에서 쓸 수 없습니다: %2.</translation>
    </message>
    <message>
        <source>%1 cannot be installed: %2.</source>
        <translation>%1을(를) 설치할 수 없습니다: %2.</translation>
    </message>
    <message>
        <source>The weights of %1 cannot be opened (%2); install the model again.</source>
        <translation>%1의 가중치를 열 수 없습니다(%2). 모델을 다시 설치하세요.</translation>
    </message>
    <message>
        <source>The weights of %1 cannot be opened; install the model again.</source>
        <translation>%1의 가중치를 열 수 없습니다. 모델을 다시 설치하세요.</translation>
    </message>
    <message>
        <source>There is not enough memory for %1 with %2; close other programs, or choose a smaller model.</source>
        <translation>메모리가 부족해 %2을(를) 쓸 수 없습니다(%1). 다른 프로그램을 닫거나 더 작은 모델을 고르세요.</translation>
    </message>
    <message>
        <source>There is not enough memory to run %1; close other programs, or choose a smaller ASR_MODEL or another ASR_DEVICE.</source>
        <translation>메모리가 부족해 %1을(를) 쓸 수 없습니다. 다른 프로그램을 닫거나, 설정에서 더 작은 음성 모델이나 다른 장치를 고르세요.</translation>
    </message>
    <message>
        <source>%1 cannot run on %2: this machine or this model&apos;s runtime offers only %3; set its device to one of these or to auto.</source>
        <translation>%1을(를) %2에서 돌릴 수 없습니다. 여기서는 %3만 쓸 수 있으니, 설정의 ‘처리’에서 이 가운데 하나나 ‘가장 빠른 것’을 고르세요.</translation>
    </message>
    <message>
        <source>The models need %1 and %2 has only %3 free; make room or choose another place for them.</source>
        <translation>모델에 %1이(가) 필요하지만 %2에는 %3만 남아 있습니다. 공간을 비우거나 다른 곳을 고르세요.</translation>
    </message>
    <message>
        <source>The disk that holds the library is full; free some space, then let indexing go on.</source>
        <translation>보관함이 있는 디스크가 가득 찼습니다. 공간을 비우고 분석을 이어 가세요.</translation>
    </message>
    <message>
        <source>The library cannot be written to (%1).</source>
        <translation>보관함에 쓸 수 없습니다(%1).</translation>
    </message>
    <message>
        <source>Another program keeps the library&apos;s database locked; close it, then let indexing go on.</source>
        <translation>다른 프로그램이 보관함의 데이터베이스를 잠그고 있습니다. 그 프로그램을 닫고 분석을 이어 가세요.</translation>
    </message>
    <message>
        <source>The disk that holds %1 is full; free some space and try again.</source>
        <translation>%1이(가) 있는 디스크가 가득 찼습니다. 공간을 비우고 다시 시도하세요.</translation>
    </message>
    <message>
        <source>The disk that holds %1 reports an error; check the disk and try again.</source>
        <translation>%1이(가) 있는 디스크에 오류가 있습니다. 디스크를 검사한 뒤 다시 시도하세요.</translation>
    </message>
    <message>
        <source>The library %1 cannot be opened; check that the folder exists and that you may write to it.</source>
        <translation>보관함 %1을(를) 열 수 없습니다. 폴더가 있는지, 쓸 권한이 있는지 확인하세요.</translation>
    </message>
    <message>
        <source>The library %1 cannot be written to; change its permissions or choose another place.</source>
        <translation>보관함 %1에 쓸 수 없습니다. 권한을 바꾸거나 다른 곳을 고르세요.</translation>
    </message>
    <message>
        <source>The library %1 is in use by %2; close that Heimdex or wait until it is done.</source>
        <translation>보관함 %1을(를) 다른 Heimdex(%2)가 쓰고 있습니다. 그것을 닫거나 끝날 때까지 기다리세요.</translation>
    </message>
    <message>
        <source>The file system of %1 cannot lock files (%2), so that two programs could spoil the library; keep it on a disk of this computer.</source>
        <translation>%1의 파일 시스템은 파일을 잠글 수 없어(%2) 두 프로그램이 보관함을 망가뜨릴 수 있습니다. 보관함을 이 컴퓨터의 디스크에 두세요.</translation>
    </message>
    <message>
        <source>The library %1 was written by a newer Heimdex; update Heimdex to open it.</source>
        <translation>보관함 %1은(는) 더 새로운 Heimdex가 만들었습니다. 열려면 Heimdex를 업데이트하세요.</translation>
    </message>
    <message>
        <source>Pictures cannot be written to %1 (%2); free some space or check the permissions.</source>
        <translation>%1에 사진을 저장할 수 없습니다(%2). 공간을 비우거나 권한을 확인하세요.</translation>
    </message>
    <message>
        <source>The library %1 is not there any more; connect its drive or put the folder back. Until then nothing can be kept.</source>
        <translation>보관함 %1이(가) 더 이상 제자리에 없습니다. 드라이브를 연결하거나 폴더를 되돌려 놓으세요. 그때까지는 아무것도 저장되지 않습니다.</translation>
    </message>
    <message>
        <source>The library was moved to %1 and is not there now; connect its drive, or delete %2 to begin a new library.</source>
        <translation>보관함을 %1(으)로 옮겼는데 지금은 그곳에 없습니다. 드라이브를 연결하세요. 새 보관함으로 시작하려면 %2을(를) 지우세요.</translation>
    </message>
    <message>
        <source>The library %1 cannot be opened (%2); check that the folder exists and that you may write to it.</source>
        <translation>보관함 %1을(를) 열 수 없습니다(%2). 폴더가 있는지, 쓸 권한이 있는지 확인하세요.</translation>
    </message>
    <message>
        <source>The folder %1 is a file; choose another place.</source>
        <translation>%1은(는) 폴더가 아니라 파일입니다. 다른 곳을 고르세요.</translation>
    </message>
    <message>
        <source>The folder %1 cannot be created (%2); choose another place or change its permissions.</source>
        <translation>%1 폴더를 만들 수 없습니다(%2). 다른 곳을 고르거나 권한을 바꾸세요.</translation>
    </message>
    <message>
        <source>The folder %1 cannot be written to (%2); choose another place or change its permissions.</source>
        <translation>%1 폴더에 쓸 수 없습니다(%2). 다른 곳을 고르거나 권한을 바꾸세요.</translation>
    </message>
    <message>
        <source>The folder %1 belongs to %2, and you may not write to it; choose a place of your own.</source>
        <translation>%1 폴더는 %2의 것이어서 쓸 수 없습니다. 자신의 폴더를 고르세요.</translation>
    </message>
    <message>
        <source>Pictures of videos that are no longer here were left and are deleted.</source>
        <translation>보관함에 더 이상 없는 동영상의 그림이 남아 있어 삭제했습니다.</translation>
    </message>
    <message>
        <source>The index of words was damaged and has been made anew.</source>
        <translation>단어 색인이 손상되어 새로 만들었습니다.</translation>
    </message>
    <message>
        <source>The vector index was damaged and has been made anew.</source>
        <translation>벡터 색인이 손상되어 새로 만들었습니다.</translation>
    </message>
    <message>
        <source>Pictures that were missing or damaged have been made anew.</source>
        <translation>없거나 손상된 그림을 새로 만들었습니다.</translation>
    </message>
    <message>
        <source>The disk that holds %1 has no room for a backup; it needs %2 MB.</source>
        <translation>%1이(가) 있는 디스크에 백업할 공간이 없습니다. %2MB가 필요합니다.</translation>
    </message>
    <message>
        <source>No backup can be made in %1 (%2); free some space or check the permissions.</source>
        <translation>%1에 백업을 만들 수 없습니다(%2). 공간을 확보하거나 권한을 확인하세요.</translation>
    </message>
    <message>
        <source>%1 cannot be written (%2).</source>
        <translation>%1에 쓸 수 없습니다(%2).</translation>
    </message>
    <message>
        <source>The settings cannot be saved to %1 (%2).</source>
        <translation>설정을 %1에 저장할 수 없습니다(%2).</translation>
    </message>
    <message>
        <source>The settings in %1 cannot be read (%2); mend the file or delete it.</source>
        <translation>%1의 설정을 읽을 수 없습니다(%2). 파일을 고치거나 지우세요.</translation>
    </message>
    <message>
        <source>The backup %1 cannot be written (%2); free some space or check the permissions.</source>
        <translation>백업 %1을(를) 쓸 수 없습니다(%2). 공간을 비우거나 권한을 확인하세요.</translation>
    </message>
    <message>
        <source>There is no backup in %1; name one, or move %2 away to start a new library. Your videos are not affected.</source>
        <translation>%1에 백업이 없습니다. 백업을 지정하거나, %2을(를) 다른 곳으로 옮기고 새 보관함으로 시작하세요. 영상은 그대로입니다.</translation>
    </message>
    <message>
        <source>There is no backup %1.</source>
        <translation>백업 %1이(가) 없습니다.</translation>
    </message>
    <message>
        <source>The backup %1 is damaged (%2).</source>
        <translation>백업 %1이(가) 손상되었습니다(%2).</translation>
    </message>
    <message>
        <source>The backup %1 cannot be read (%2).</source>
        <translation>백업 %1을(를) 읽을 수 없습니다(%2).</translation>
    </message>
    <message>
        <source>The backup %1 cannot be used: %2</source>
        <translation>백업 %1을(를) 쓸 수 없습니다: %2</translation>
    </message>
    <message>
        <source>The backup cannot be put in its place (%1); check that you may write to %2.</source>
        <translation>백업을 제자리에 놓을 수 없습니다(%1). %2에 쓸 권한이 있는지 확인하세요.</translation>
    </message>
    <message>
        <source>The backup %1 still holds what was erased and cannot be deleted (%2); delete it yourself.</source>
        <translation>백업 %1에 지운 내용이 남아 있는데 이 백업을 지울 수 없습니다(%2). 직접 지우세요.</translation>
    </message>
    <message>
        <source>The settings in %1 cannot be read (%2).</source>
        <translation>%1의 설정을 읽을 수 없습니다(%2).</translation>
    </message>
    <message>
        <source>The settings in %1 were written by a newer Heimdex; update Heimdex or move the file away.</source>
        <translation>%1의 설정은 더 새로운 Heimdex가 쓴 것입니다. Heimdex를 업데이트하거나 파일을 다른 곳으로 옮기세요.</translation>
    </message>
    <message>
        <source>Another folder of the library is at %1.</source>
        <translation>%1에는 보관함의 다른 폴더가 있습니다.</translation>
    </message>
    <message>
        <source>A name must have at least one letter.</source>
        <translation>이름에는 글자가 하나 이상 있어야 합니다.</translation>
    </message>
    <message>
        <source>A name may have %1 characters; this one has %2.</source>
        <translation>이름은 %1자까지 쓸 수 있습니다. 이 이름은 %2자입니다.</translation>
    </message>
    <message>
        <source>This name has characters that are no text; type it anew.</source>
        <translation>이름에 글자가 아닌 문자가 들어 있습니다. 다시 입력하세요.</translation>
    </message>
    <message>
        <source>Somebody is called %1 already.</source>
        <translation>%1(이)라는 사람이 이미 있습니다.</translation>
    </message>
    <message>
        <source>No face was found in %1; use a photo that shows the face larger.</source>
        <translation>%1에서 얼굴을 찾지 못했습니다. 얼굴이 더 크게 나온 사진을 쓰세요.</translation>
    </message>
    <message>
        <source>%1 shows %2 faces of about the same size; use a photo with one person.</source>
        <translation>%1에는 비슷한 크기의 얼굴이 %2개 있습니다. 한 사람만 나온 사진을 쓰세요.</translation>
    </message>
    <message>
        <source>This face is not in the library any more; look at the list again.</source>
        <translation>이 얼굴은 더 이상 보관함에 없습니다. 목록을 다시 보세요.</translation>
    </message>
    <message>
        <source>This face is somebody else&apos;s; choose one of the person&apos;s own.</source>
        <translation>다른 사람의 얼굴입니다. 이 사람의 얼굴 가운데 고르세요.</translation>
    </message>
    <message>
        <source>Face recognition is switched off; switch it on in the settings.</source>
        <translation>얼굴 인식이 꺼져 있습니다. 설정에서 켜세요.</translation>
    </message>
    <message>
        <source>A saved search needs a name.</source>
        <translation>저장할 검색에는 이름이 있어야 합니다.</translation>
    </message>
    <message>
        <source>Another search is saved as %1 already.</source>
        <translation>%1(이)라는 이름으로 저장된 검색이 이미 있습니다.</translation>
    </message>
</context>
<context>
    <name>CropList</name>
    <message>
        <source>Faces</source>
        <translation>얼굴</translation>
    </message>
</context>
<context>
    <name>DamageNotice</name>
    <message>
        <source>Start again and restore…</source>
        <translation>다시 시작하고 복원…</translation>
    </message>
    <message>
        <source>The library&apos;s database is damaged; your videos are not affected. When Heimdex starts again, it asks whether to put the newest sound backup in its place.</source>
        <translation>보관함의 데이터베이스가 손상되었습니다. 영상은 그대로입니다. Heimdex를 다시 시작하면 온전한 최신 백업으로 되돌릴지 묻습니다.</translation>
    </message>
</context>
<context>
    <name>DaysDialog</name>
    <message>
        <source>Choose days</source>
        <translation>날짜 고르기</translation>
    </message>
    <message>
        <source>First day</source>
        <translation>첫날</translation>
    </message>
    <message>
        <source>Last day</source>
        <translation>마지막 날</translation>
    </message>
    <message>
        <source>Search these days</source>
        <translation>이 기간에서 찾기</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>Recorded between</source>
        <translation>촬영한 기간</translation>
    </message>
</context>
<context>
    <name>DetailsView</name>
    <message>
        <source>Show in folder</source>
        <translation>폴더에서 보기</translation>
    </message>
    <message>
        <source>Indexed</source>
        <translation>색인</translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n개 더</numerusform>
        </translation>
    </message>
    <message>
        <source>Place</source>
        <translation>위치</translation>
    </message>
    <message>
        <source>Recorded</source>
        <translation>촬영</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>길이</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>크기</translation>
    </message>
    <message>
        <source>, %1 frames a second</source>
        <translation>, 초당 %1프레임</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>화면</translation>
    </message>
    <message>
        <source>Sound</source>
        <translation>소리</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>언어</translation>
    </message>
    <message>
        <source>done</source>
        <translation>완료</translation>
    </message>
    <message>
        <source>nothing to do</source>
        <translation>해당 없음</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>실패</translation>
    </message>
</context>
<context>
    <name>Erasing</name>
    <message>
        <source>Forget this person for good?</source>
        <translation>이 사람을 완전히 지울까요?</translation>
    </message>
    <message>
        <source>Name, faces, photos and corrections are erased, and automatic backups that hold them. This cannot be undone. Backups you made yourself are not touched.</source>
        <translation>이름, 얼굴, 사진, 바로잡은 내용과 그것이 든 자동 백업을 지웁니다. 되돌릴 수 없습니다. 직접 만든 백업은 건드리지 않습니다.</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>지우기</translation>
    </message>
    <message>
        <source>Erase all faces and names for good?</source>
        <translation>모든 얼굴과 이름을 완전히 지울까요?</translation>
    </message>
    <message>
        <source>Everybody, all faces that were found and all corrections are erased, and automatic backups that hold them. This cannot be undone. Your videos stay as they are.</source>
        <translation>모든 사람과 찾은 얼굴, 바로잡은 내용과 그것이 든 자동 백업을 지웁니다. 되돌릴 수 없습니다. 영상은 그대로 남습니다.</translation>
    </message>
    <message>
        <source>Erase</source>
        <translation>지우기</translation>
    </message>
</context>
<context>
    <name>FetchCard</name>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>시작하는 중…</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%2 중 %1</translation>
    </message>
    <message>
        <source>%1 a second</source>
        <translation>초당 %1</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>%1 남음</translation>
    </message>
    <message>
        <source>Waiting for another installation…</source>
        <translation>다른 설치가 끝나기를 기다리는 중…</translation>
    </message>
    <message>
        <source>Preparing %1 for this computer…</source>
        <translation>이 컴퓨터에 맞게 %1 준비 중…</translation>
    </message>
    <message>
        <source>Checking %1…</source>
        <translation>%1 확인 중…</translation>
    </message>
    <message>
        <source>Finding how %1 runs best on this computer…</source>
        <translation>%1을(를) 이 컴퓨터에서 가장 빠르게 돌리는 방법을 찾는 중…</translation>
    </message>
    <message>
        <source>%1 is installed</source>
        <translation>%1 설치됨</translation>
    </message>
    <message>
        <source>Downloading %1…</source>
        <translation>%1 내려받는 중…</translation>
    </message>
</context>
<context>
    <name>FirstUse</name>
    <message>
        <source>Faces stay on this computer</source>
        <translation>얼굴은 이 컴퓨터에만 남습니다</translation>
    </message>
    <message>
        <source>Understood</source>
        <translation>알겠습니다</translation>
    </message>
    <message>
        <source>Switch face recognition off</source>
        <translation>얼굴 인식 끄기</translation>
    </message>
    <message>
        <source>Heimdex finds the faces in your videos and puts those together that look alike. Of each it keeps a small picture and a list of numbers, with the names you give, in %1. Nothing of it leaves this computer, and you can erase one person or everybody at any time.</source>
        <translation>Heimdex는 영상에서 얼굴을 찾아 닮은 얼굴끼리 모읍니다. 얼굴마다 작은 사진과 숫자 목록을, 붙여 주신 이름과 함께 %1에 보관합니다. 어떤 것도 이 컴퓨터를 떠나지 않으며, 한 사람이나 모두를 언제든 지울 수 있습니다.</translation>
    </message>
</context>
<context>
    <name>Folders</name>
    <message>
        <source>All of “%1”</source>
        <translation>“%1” 전체</translation>
    </message>
</context>
<context>
    <name>FrameFaces</name>
    <message>
        <source>This is…</source>
        <translation>이 사람은…</translation>
    </message>
    <message>
        <source>%1?</source>
        <translation>%1?</translation>
    </message>
</context>
<context>
    <name>FrameNaming</name>
    <message>
        <source>Who is this?</source>
        <translation>누구인가요?</translation>
    </message>
    <message>
        <source>Play the video and stop where somebody is seen.</source>
        <translation>영상을 재생하고 사람이 보이는 곳에서 멈추세요.</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>닫기</translation>
    </message>
    <message>
        <source>This is %1, or:</source>
        <translation>%1입니다. 아니라면:</translation>
    </message>
    <message>
        <source>This is…</source>
        <translation>이 사람은…</translation>
    </message>
    <message>
        <source>No face can be seen clearly on this frame.</source>
        <translation>이 화면에서는 얼굴이 또렷이 보이지 않습니다.</translation>
    </message>
</context>
<context>
    <name>FullScreen</name>
    <message>
        <source>Full screen</source>
        <translation>전체 화면</translation>
    </message>
    <message>
        <source>Position</source>
        <translation>위치</translation>
    </message>
    <message>
        <source>Leave full screen (Esc)</source>
        <translation>전체 화면 끝내기 (Esc)</translation>
    </message>
</context>
<context>
    <name>GroupCard</name>
    <message numerus="yes">
        <source>%n time(s)</source>
        <translation>
            <numerusform>%n번</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in %n video(s)</source>
        <translation>
            <numerusform>· 영상 %n개</numerusform>
        </translation>
    </message>
    <message>
        <source>More</source>
        <translation>더 보기</translation>
    </message>
    <message>
        <source>Show all faces</source>
        <translation>얼굴 모두 보기</translation>
    </message>
    <message>
        <source>Same person as…</source>
        <translation>같은 사람 고르기…</translation>
    </message>
    <message>
        <source>Not the same person as…</source>
        <translation>같은 사람이 아님…</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>숨기기</translation>
    </message>
</context>
<context>
    <name>JobBar</name>
    <message>
        <source>Pause indexing</source>
        <translation>색인 일시정지</translation>
    </message>
    <message numerus="yes">
        <source>Paused · %n video(s) waiting</source>
        <translation>
            <numerusform>일시정지됨 · 영상 %n개 대기 중</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n개 더</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n video(s) waiting</source>
        <translation>
            <numerusform>영상 %n개 대기 중</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n video(s) wait</source>
        <translation>
            <numerusform>영상 %n개 대기</numerusform>
        </translation>
    </message>
    <message>
        <source>Looking through folders…</source>
        <translation>폴더를 살펴보는 중…</translation>
    </message>
    <message>
        <source>Go on indexing</source>
        <translation>색인 계속</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>%1 남음</translation>
    </message>
</context>
<context>
    <name>JobDelegate</name>
    <message>
        <source>%1 of %2 steps</source>
        <translation>%2단계 중 %1단계</translation>
    </message>
</context>
<context>
    <name>Keys</name>
    <message>
        <source>Search</source>
        <translation>검색</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>보관함</translation>
    </message>
    <message>
        <source>Moments found</source>
        <translation>찾은 장면</translation>
    </message>
    <message>
        <source>People</source>
        <translation>사람</translation>
    </message>
    <message>
        <source>Activity</source>
        <translation>작업</translation>
    </message>
    <message>
        <source>Open or close the side</source>
        <translation>옆 칸 열기·닫기</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>뒤로</translation>
    </message>
    <message>
        <source>Add a folder</source>
        <translation>폴더 추가</translation>
    </message>
    <message>
        <source>Add files</source>
        <translation>파일 추가</translation>
    </message>
    <message>
        <source>Look through the folders again</source>
        <translation>폴더 다시 살펴보기</translation>
    </message>
    <message>
        <source>Undo a change to people</source>
        <translation>사람에 관한 변경 되돌리기</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>설정</translation>
    </message>
    <message>
        <source>These keys</source>
        <translation>이 단축키 목록</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>끝내기</translation>
    </message>
    <message>
        <source>Play or pause</source>
        <translation>재생·일시정지</translation>
    </message>
    <message>
        <source>Play; again, faster</source>
        <translation>재생, 다시 누르면 더 빠르게</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>일시정지</translation>
    </message>
    <message>
        <source>Slower, or five seconds back</source>
        <translation>더 느리게, 또는 5초 뒤로</translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation>한 프레임 뒤로</translation>
    </message>
    <message>
        <source>One frame forward</source>
        <translation>한 프레임 앞으로</translation>
    </message>
    <message>
        <source>Sound off or on</source>
        <translation>소리 끄기·켜기</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>전체 화면</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>재생</translation>
    </message>
    <message>
        <source>Remove from the library</source>
        <translation>보관함에서 빼기</translation>
    </message>
</context>
<context>
    <name>KeysDialog</name>
    <message>
        <source>Keys</source>
        <translation>단축키</translation>
    </message>
    <message>
        <source>In the window</source>
        <translation>창에서</translation>
    </message>
    <message>
        <source>Playing</source>
        <translation>재생할 때</translation>
    </message>
    <message>
        <source>A video of the library</source>
        <translation>보관함의 영상</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>완료</translation>
    </message>
</context>
<context>
    <name>LibraryDelegate</name>
    <message>
        <source>Offline</source>
        <translation>연결 안 됨</translation>
    </message>
    <message>
        <source>Missing</source>
        <translation>파일 없음</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>일시정지</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>대기 중</translation>
    </message>
    <message>
        <source>Problem</source>
        <translation>문제</translation>
    </message>
</context>
<context>
    <name>LibraryModel</name>
    <message>
        <source>speech</source>
        <translation>말</translation>
    </message>
    <message>
        <source>faces</source>
        <translation>얼굴</translation>
    </message>
    <message>
        <source>text on screen</source>
        <translation>화면 글자</translation>
    </message>
    <message>
        <source>In it: %1</source>
        <translation>들어 있는 것: %1</translation>
    </message>
</context>
<context>
    <name>LibraryPanel</name>
    <message>
        <source>Videos</source>
        <translation>영상</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>순서</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>거르기</translation>
    </message>
    <message>
        <source>No video fits this filter</source>
        <translation>조건에 맞는 영상이 없습니다</translation>
    </message>
    <message>
        <source>Show all of them again.</source>
        <translation>모든 영상을 다시 표시하세요.</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>모두 보기</translation>
    </message>
    <message>
        <source>Opening your library…</source>
        <translation>보관함을 여는 중…</translation>
    </message>
    <message>
        <source>Add files</source>
        <translation>파일 추가</translation>
    </message>
    <message>
        <source>Add a folder</source>
        <translation>폴더 추가</translation>
    </message>
    <message>
        <source>Only from “%1”; press to show all folders</source>
        <translation>“%1” 폴더만 보는 중. 누르면 모든 폴더를 봅니다</translation>
    </message>
    <message>
        <source>What Heimdex found in them is forgotten, and they stay out until you add them again. The files themselves stay where they are.</source>
        <translation>Heimdex가 찾아낸 내용은 지워지고, 다시 추가할 때까지 보관함에 들어오지 않습니다. 파일 자체는 그대로 남습니다.</translation>
    </message>
    <message>
        <source>Add videos</source>
        <translation>영상 추가</translation>
    </message>
    <message>
        <source>Add folder…</source>
        <translation>폴더 추가…</translation>
    </message>
    <message>
        <source>Add files…</source>
        <translation>파일 추가…</translation>
    </message>
    <message>
        <source>Show only one folder</source>
        <translation>한 폴더만 보기</translation>
    </message>
    <message>
        <source>All folders</source>
        <translation>모든 폴더</translation>
    </message>
    <message>
        <source>Newest first</source>
        <translation>최근 촬영순</translation>
    </message>
    <message>
        <source>Added last</source>
        <translation>최근 추가순</translation>
    </message>
    <message>
        <source>By name</source>
        <translation>이름순</translation>
    </message>
    <message>
        <source>Longest first</source>
        <translation>긴 순서</translation>
    </message>
    <message>
        <source>All videos</source>
        <translation>모든 영상</translation>
    </message>
    <message>
        <source>With speech</source>
        <translation>말이 있는 영상</translation>
    </message>
    <message>
        <source>With faces</source>
        <translation>얼굴이 있는 영상</translation>
    </message>
    <message>
        <source>With text on screen</source>
        <translation>화면 글자가 있는 영상</translation>
    </message>
    <message>
        <source>Still indexing</source>
        <translation>색인 중인 영상</translation>
    </message>
    <message>
        <source>With a problem</source>
        <translation>문제가 있는 영상</translation>
    </message>
    <message>
        <source>Offline or missing</source>
        <translation>연결 안 됨 · 파일 없음</translation>
    </message>
    <message>
        <source>Your videos belong here</source>
        <translation>여기에 영상을 모으세요</translation>
    </message>
    <message>
        <source>Drop files or folders on this window. Heimdex listens, looks and finds faces on this computer; nothing leaves it and your files are never changed.</source>
        <translation>이 창에 파일이나 폴더를 끌어다 놓으세요. Heimdex가 이 컴퓨터 안에서 듣고, 보고, 얼굴을 찾습니다. 아무것도 밖으로 나가지 않으며 파일은 바뀌지 않습니다.</translation>
    </message>
    <message numerus="yes">
        <source>%n video(s)</source>
        <translation>
            <numerusform>영상 %n개</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%2 중 %1개</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>재생</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>폴더에서 보기</translation>
    </message>
    <message>
        <source>Copy path</source>
        <translation>경로 복사</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>다시 시도</translation>
    </message>
    <message>
        <source>Look for what is missing</source>
        <translation>빠진 색인 채우기</translation>
    </message>
    <message>
        <source>Remove from library…</source>
        <translation>보관함에서 빼기…</translation>
    </message>
    <message>
        <source>Leave out the folder “%1”…</source>
        <translation>“%1” 폴더 제외…</translation>
    </message>
    <message>
        <source>Leave out the folder “%1”?</source>
        <translation>“%1” 폴더를 제외할까요?</translation>
    </message>
    <message>
        <source>What Heimdex found in its videos is forgotten, and what comes into it is not looked at, until you add the folder again. The files themselves stay where they are.</source>
        <translation>이 폴더의 동영상에서 Heimdex가 찾아낸 내용은 지워지고, 폴더를 다시 추가할 때까지 새로 들어오는 파일도 살펴보지 않습니다. 파일 자체는 그대로 남습니다.</translation>
    </message>
    <message>
        <source>Leave out</source>
        <translation>제외</translation>
    </message>
    <message numerus="yes">
        <source>Remove %n video(s) from the library?</source>
        <translation>
            <numerusform>영상 %n개를 보관함에서 뺄까요?</numerusform>
        </translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>빼기</translation>
    </message>
</context>
<context>
    <name>LimitsBar</name>
    <message>
        <source>Order</source>
        <translation>순서</translation>
    </message>
    <message>
        <source>Best first</source>
        <translation>가장 맞는 순</translation>
    </message>
    <message>
        <source>Newest first</source>
        <translation>최신순</translation>
    </message>
    <message>
        <source>%1: only this kind of evidence</source>
        <translation>%1: 이 종류의 근거만</translation>
    </message>
    <message>
        <source>Nobody has a name yet</source>
        <translation>아직 이름이 있는 사람이 없습니다</translation>
    </message>
    <message>
        <source>There are no folders yet</source>
        <translation>아직 폴더가 없습니다</translation>
    </message>
    <message>
        <source>Person</source>
        <translation>누구</translation>
    </message>
    <message>
        <source>When</source>
        <translation>언제</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>길이</translation>
    </message>
    <message>
        <source>Choose days…</source>
        <translation>날짜 고르기…</translation>
    </message>
</context>
<context>
    <name>ModelRow</name>
    <message>
        <source>In use</source>
        <translation>사용 중</translation>
    </message>
    <message>
        <source>From the next start</source>
        <translation>다음 시작부터</translation>
    </message>
    <message>
        <source>Add from your files…</source>
        <translation>내 파일에서 추가…</translation>
    </message>
    <message>
        <source>Download (%1)</source>
        <translation>내려받기 (%1)</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>사용</translation>
    </message>
    <message>
        <source>Remove %1 from the disk</source>
        <translation>디스크에서 %1 지우기</translation>
    </message>
    <message>
        <source>Off until you hold a licence for your use and say so: set %1=true.</source>
        <translation>쓰려는 용도에 맞는 라이선스가 있고 그렇게 밝힐 때까지 꺼져 있습니다. %1=true로 설정하세요.</translation>
    </message>
    <message>
        <source>Not installed.</source>
        <translation>설치되어 있지 않습니다.</translation>
    </message>
</context>
<context>
    <name>Models</name>
    <message>
        <source>Starter</source>
        <translation>시작</translation>
    </message>
    <message>
        <source>Balanced</source>
        <translation>균형</translation>
    </message>
    <message>
        <source>Best</source>
        <translation>최고</translation>
    </message>
    <message>
        <source>Small and quick on any computer. Understands clear speech, finds things and places, and tells faces apart. Weaker with noise, with what people do, and with details.</source>
        <translation>어떤 컴퓨터에서도 작고 빠릅니다. 또렷한 말을 알아듣고, 사물과 장소를 찾고, 얼굴을 구분합니다. 잡음, 사람의 동작, 세세한 것에는 약합니다.</translation>
    </message>
    <message>
        <source>For most libraries. Hears noisy speech and names better, understands questions in Korean and English more deeply, and knows what happens in a picture.</source>
        <translation>대부분의 보관함에 알맞습니다. 잡음 섞인 말과 고유명사를 더 잘 듣고, 한국어와 영어 질문을 더 깊이 이해하며, 화면에서 무슨 일이 일어나는지 압니다.</translation>
    </message>
    <message>
        <source>The most accurate, and slow: for a strong computer, or one with a graphics processor. Going through videos takes several times as long.</source>
        <translation>가장 정확하지만 느립니다. 성능이 좋거나 그래픽 프로세서가 있는 컴퓨터용입니다. 영상을 살펴보는 데 몇 배 더 걸립니다.</translation>
    </message>
    <message>
        <source>What is said</source>
        <translation>말</translation>
    </message>
    <message>
        <source>What words mean</source>
        <translation>말의 뜻</translation>
    </message>
    <message>
        <source>What is seen</source>
        <translation>보이는 것</translation>
    </message>
    <message>
        <source>Where faces are</source>
        <translation>얼굴 찾기</translation>
    </message>
    <message>
        <source>Who is who</source>
        <translation>누구인지 알아보기</translation>
    </message>
    <message>
        <source>Text on screen</source>
        <translation>화면 속 글자</translation>
    </message>
    <message>
        <source>Where somebody speaks</source>
        <translation>말소리 찾기</translation>
    </message>
    <message>
        <source>ask before commercial use:</source>
        <translation>상업적으로 쓰기 전에 문의하세요:</translation>
    </message>
    <message>
        <source>commercial use allowed, but:</source>
        <translation>상업적으로 써도 되지만, 다음을 살펴보세요.</translation>
    </message>
    <message>
        <source>free for commercial use</source>
        <translation>상업적으로 써도 됨</translation>
    </message>
    <message>
        <source>not for commercial use</source>
        <translation>상업적 사용 불가</translation>
    </message>
</context>
<context>
    <name>ModelsOffer</name>
    <message>
        <source>Heimdex needs models to listen and to look; they run on this computer. Choose which: the smallest set is about %1, and nothing is downloaded before you say so.</source>
        <translation>Heimdex가 듣고 보려면 이 컴퓨터에서 돌아갈 모델이 필요합니다. 골라 주세요. 가장 작은 세트는 약 %1이며, 고르기 전에는 아무것도 내려받지 않습니다.</translation>
    </message>
    <message>
        <source>Choose models…</source>
        <translation>모델 고르기…</translation>
    </message>
    <message>
        <source>Getting %1… %2</source>
        <translation>%1 받는 중… %2</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>%1 남음</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>보기</translation>
    </message>
</context>
<context>
    <name>ModelsPage</name>
    <message>
        <source>Start again now</source>
        <translation>지금 다시 시작</translation>
    </message>
    <message>
        <source>These models run on this computer. Nothing is sent anywhere, and nothing is downloaded before you say so here.</source>
        <translation>이 모델들은 이 컴퓨터에서 돌아갑니다. 아무것도 밖으로 보내지 않으며, 여기서 고르기 전에는 아무것도 내려받지 않습니다.</translation>
    </message>
    <message>
        <source>Single models</source>
        <translation>모델 하나씩</translation>
    </message>
    <message>
        <source>Delete the files of %1?</source>
        <translation>%1의 파일을 지울까요?</translation>
    </message>
    <message>
        <source>It can be downloaded again at any time.</source>
        <translation>언제든 다시 내려받을 수 있습니다.</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>지우기</translation>
    </message>
    <message>
        <source>The files of %1</source>
        <translation>%1의 파일</translation>
    </message>
    <message>
        <source>The environment variable %1 overrules this choice; change it there.</source>
        <translation>환경 변수 %1이(가) 이 선택보다 우선합니다. 거기서 바꾸세요.</translation>
    </message>
    <message>
        <source>%1 are free in %2.</source>
        <translation>%2에 %1 남아 있습니다.</translation>
    </message>
    <message>
        <source>From the next start of Heimdex on: %1. Your videos are then gone through again in the background; until a video&apos;s turn comes, it is found as it is now.</source>
        <translation>Heimdex를 다음에 시작할 때부터: %1. 그때 영상을 뒤에서 다시 살펴보며, 차례가 올 때까지는 지금처럼 찾을 수 있습니다.</translation>
    </message>
    <message>
        <source>There is not enough room for %1.</source>
        <translation>%1을(를) 담을 공간이 모자랍니다.</translation>
    </message>
</context>
<context>
    <name>MomentDelegate</name>
    <message>
        <source>Offline</source>
        <translation>연결 안 됨</translation>
    </message>
</context>
<context>
    <name>MomentList</name>
    <message>
        <source>Play</source>
        <translation>재생</translation>
    </message>
    <message>
        <source>Play from %1, in the same shot</source>
        <translation>같은 장면의 %1부터 재생</translation>
    </message>
    <message>
        <source>More like this moment</source>
        <translation>이 순간과 닮은 장면</translation>
    </message>
</context>
<context>
    <name>NameDialog</name>
    <message>
        <source>Done</source>
        <translation>완료</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
</context>
<context>
    <name>NameField</name>
    <message>
        <source>Type a name</source>
        <translation>이름을 입력하세요</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>이름</translation>
    </message>
</context>
<context>
    <name>NameSearch</name>
    <message>
        <source>Name</source>
        <translation>이름</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>저장</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>It finds anew each time, and counts what has come since you looked.</source>
        <translation>열 때마다 새로 찾고, 마지막으로 본 뒤에 생긴 것을 셉니다.</translation>
    </message>
</context>
<context>
    <name>NobodyYet</name>
    <message>
        <source>The people in your videos</source>
        <translation>영상 속 사람들</translation>
    </message>
    <message>
        <source>When videos with faces have been indexed, the same faces are gathered here. Type a name once and that person is found everywhere. Photos that you drop here do the same.</source>
        <translation>얼굴이 나오는 영상을 살펴보고 나면 같은 얼굴이 여기에 모입니다. 이름을 한 번만 쓰면 어디서나 그 사람을 찾습니다. 여기에 사진을 끌어다 놓아도 됩니다.</translation>
    </message>
    <message>
        <source>Go to the library</source>
        <translation>보관함으로 가기</translation>
    </message>
    <message>
        <source>Add somebody by photo…</source>
        <translation>사진으로 사람 추가…</translation>
    </message>
</context>
<context>
    <name>Offers</name>
    <message>
        <source>who:</source>
        <translation>사람:</translation>
    </message>
    <message>
        <source>folder:</source>
        <translation>폴더:</translation>
    </message>
    <message>
        <source>last week</source>
        <translation>지난주</translation>
    </message>
    <message>
        <source>last month</source>
        <translation>지난달</translation>
    </message>
    <message>
        <source>last summer</source>
        <translation>지난 여름</translation>
    </message>
    <message>
        <source>last winter</source>
        <translation>지난 겨울</translation>
    </message>
    <message>
        <source>last christmas</source>
        <translation>지난 크리스마스</translation>
    </message>
    <message>
        <source>this year</source>
        <translation>올해</translation>
    </message>
    <message>
        <source>shorter than 30 seconds</source>
        <translation>30초 이하</translation>
    </message>
    <message>
        <source>shorter than 2 minutes</source>
        <translation>2분 이하</translation>
    </message>
    <message>
        <source>longer than 2 minutes</source>
        <translation>2분 이상</translation>
    </message>
    <message>
        <source>longer than 10 minutes</source>
        <translation>10분 이상</translation>
    </message>
    <message>
        <source>longer than 1 hour</source>
        <translation>1시간 이상</translation>
    </message>
    <message>
        <source>said:</source>
        <translation>말:</translation>
    </message>
    <message>
        <source>seen:</source>
        <translation>장면:</translation>
    </message>
    <message>
        <source>text:</source>
        <translation>글자:</translation>
    </message>
</context>
<context>
    <name>OtherNames</name>
    <message>
        <source>Other names, also in another language</source>
        <translation>다른 이름 (다른 언어도 가능)</translation>
    </message>
    <message>
        <source>Other names</source>
        <translation>다른 이름</translation>
    </message>
    <message>
        <source>Separate names with commas. Search understands all of them.</source>
        <translation>쉼표로 구분하세요. 검색에서 모두 알아듣습니다.</translation>
    </message>
</context>
<context>
    <name>PartChip</name>
    <message>
        <source>Remove %1</source>
        <translation>%1 지우기</translation>
    </message>
</context>
<context>
    <name>PeopleDelegate</name>
    <message>
        <source>No name</source>
        <translation>이름 없음</translation>
    </message>
    <message numerus="yes">
        <source>%n video(s)</source>
        <translation>
            <numerusform>영상 %n개</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PeopleList</name>
    <message>
        <source>People</source>
        <translation>사람</translation>
    </message>
</context>
<context>
    <name>PeopleModel</name>
    <message>
        <source>No name</source>
        <translation>이름 없음</translation>
    </message>
    <message numerus="yes">
        <source>%n time(s)</source>
        <translation>
            <numerusform>%n번</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in %n video(s)</source>
        <translation>
            <numerusform>· 영상 %n개</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PeoplePanel</name>
    <message>
        <source>People</source>
        <translation>사람</translation>
    </message>
    <message>
        <source>Add by photo…</source>
        <translation>사진으로 추가…</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>실행 취소</translation>
    </message>
    <message>
        <source>Who is this?</source>
        <translation>누구인가요?</translation>
    </message>
    <message>
        <source>Type a name and press Enter. The same name joins faces into one person.</source>
        <translation>이름을 입력하고 Enter를 누르세요. 같은 이름은 한 사람으로 합쳐집니다.</translation>
    </message>
    <message>
        <source>Leave hidden ones out</source>
        <translation>숨긴 사람 감추기</translation>
    </message>
    <message numerus="yes">
        <source>Show %n hidden</source>
        <translation>
            <numerusform>숨긴 사람 %n명 보기</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Show %n more</source>
        <translation>
            <numerusform>%n개 더 보기</numerusform>
        </translation>
    </message>
    <message>
        <source>Choose somebody, or type a new name.</source>
        <translation>누구인지 고르거나 새 이름을 쓰세요.</translation>
    </message>
</context>
<context>
    <name>PeopleSettings</name>
    <message>
        <source>Recognise faces and people</source>
        <translation>얼굴과 사람 인식하기</translation>
    </message>
    <message>
        <source>Of each face Heimdex keeps a small picture and a list of numbers, with the names you give, in %1. Nothing of it leaves this computer. While this is off, no faces are looked for in new videos and search finds nobody by name.</source>
        <translation>Heimdex는 얼굴마다 작은 사진과 숫자 목록을, 붙여 주신 이름과 함께 %1에 보관합니다. 어떤 것도 이 컴퓨터를 떠나지 않습니다. 꺼 두면 새 영상에서 얼굴을 찾지 않고, 검색에서 이름으로 사람을 찾지 않습니다.</translation>
    </message>
    <message>
        <source>Erase stored faces…</source>
        <translation>보관된 얼굴 지우기…</translation>
    </message>
    <message numerus="yes">
        <source>%n face(s) are stored.</source>
        <translation>
            <numerusform>얼굴 %n개가 보관되어 있습니다.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PersonChooser</name>
    <message>
        <source>Same person as…</source>
        <translation>같은 사람 고르기…</translation>
    </message>
    <message>
        <source>Not the same person as…</source>
        <translation>같은 사람이 아님…</translation>
    </message>
    <message>
        <source>Search by name</source>
        <translation>이름으로 찾기</translation>
    </message>
    <message>
        <source>Everybody else</source>
        <translation>다른 사람들</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>Who is the same person?</source>
        <translation>누구와 같은 사람인가요?</translation>
    </message>
    <message>
        <source>Who is not the same person?</source>
        <translation>누구와 다른 사람인가요?</translation>
    </message>
    <message>
        <source>Both become one person in all videos. Who looks most alike comes first.</source>
        <translation>모든 영상에서 두 사람이 한 사람이 됩니다. 가장 닮은 사람부터 나옵니다.</translation>
    </message>
    <message>
        <source>These faces are then never taken for whom you choose. Who looks most alike comes first.</source>
        <translation>이 얼굴들은 더 이상 고른 사람으로 여기지 않습니다. 가장 닮은 사람부터 나옵니다.</translation>
    </message>
    <message>
        <source>Join with %1</source>
        <translation>%1와(과) 합치기</translation>
    </message>
    <message>
        <source>Join both</source>
        <translation>두 사람 합치기</translation>
    </message>
    <message>
        <source>Not %1</source>
        <translation>%1 아님</translation>
    </message>
    <message>
        <source>Not the same</source>
        <translation>같은 사람이 아님</translation>
    </message>
</context>
<context>
    <name>PersonPage</name>
    <message>
        <source>Not this person</source>
        <translation>이 사람이 아님</translation>
    </message>
    <message>
        <source>Somebody else</source>
        <translation>다른 사람</translation>
    </message>
    <message>
        <source>This is…</source>
        <translation>이 사람은…</translation>
    </message>
    <message>
        <source>No video shows this person clearly yet. Every new one is looked through.</source>
        <translation>아직 이 사람이 뚜렷하게 나오는 동영상이 없습니다. 새 동영상이 들어올 때마다 찾아봅니다.</translation>
    </message>
    <message>
        <source>Appearances</source>
        <translation>나오는 장면</translation>
    </message>
    <message numerus="yes">
        <source>%n face(s)</source>
        <translation>
            <numerusform>얼굴 %n개</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in %n video(s)</source>
        <translation>
            <numerusform>· 영상 %n개</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n photo(s)…</source>
        <translation>
            <numerusform>사진 %n장…</numerusform>
        </translation>
    </message>
    <message>
        <source>Back to everybody</source>
        <translation>모든 사람으로 돌아가기</translation>
    </message>
    <message>
        <source>More</source>
        <translation>더 보기</translation>
    </message>
    <message>
        <source>Faces</source>
        <translation>얼굴</translation>
    </message>
    <message>
        <source>Not %1</source>
        <translation>%1 아님</translation>
    </message>
    <message>
        <source>Same person as…</source>
        <translation>같은 사람 고르기…</translation>
    </message>
    <message>
        <source>Not the same person as…</source>
        <translation>같은 사람이 아님…</translation>
    </message>
    <message>
        <source>Add photos…</source>
        <translation>사진 추가…</translation>
    </message>
    <message>
        <source>Show by the best face</source>
        <translation>가장 잘 나온 얼굴로 보이기</translation>
    </message>
    <message>
        <source>Show again</source>
        <translation>다시 표시</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>숨기기</translation>
    </message>
    <message>
        <source>Forget this person…</source>
        <translation>이 사람 지우기…</translation>
    </message>
    <message>
        <source>Use as portrait</source>
        <translation>대표 사진으로</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>재생</translation>
    </message>
</context>
<context>
    <name>PhotoDesk</name>
    <message>
        <source>Choose photos of one person</source>
        <translation>한 사람의 사진 고르기</translation>
    </message>
    <message>
        <source>Photos</source>
        <translation>사진</translation>
    </message>
    <message>
        <source>Who is on these photos?</source>
        <translation>이 사진은 누구인가요?</translation>
    </message>
    <message>
        <source>The person is then found in all videos, also in those that come later.</source>
        <translation>이 사람을 모든 영상에서 찾습니다. 나중에 추가되는 영상도 마찬가지입니다.</translation>
    </message>
</context>
<context>
    <name>PhotoHint</name>
    <message>
        <source>Drop to add photos of %1</source>
        <translation>놓으면 %1의 사진으로 추가합니다</translation>
    </message>
    <message>
        <source>Drop photos to say who somebody is</source>
        <translation>사진을 놓아 누구인지 알려 주세요</translation>
    </message>
</context>
<context>
    <name>PhotoList</name>
    <message>
        <source>Photos</source>
        <translation>사진</translation>
    </message>
    <message>
        <source>Photo %1</source>
        <translation>사진 %1</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>빼기</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>완료</translation>
    </message>
    <message>
        <source>The person is known by these faces. Remove one that shows somebody else or is too poor; who was recognised by it is looked at again. This can be undone.</source>
        <translation>이 얼굴들로 이 사람을 알아봅니다. 다른 사람이거나 흐린 사진은 빼세요. 그 사진으로 알아본 얼굴은 다시 살펴봅니다. 되돌릴 수 있습니다.</translation>
    </message>
</context>
<context>
    <name>PlayerView</name>
    <message>
        <source>Position</source>
        <translation>재생 위치</translation>
    </message>
    <message>
        <source>Play (Space)</source>
        <translation>재생 (Space)</translation>
    </message>
    <message>
        <source>Mute (M)</source>
        <translation>음소거 (M)</translation>
    </message>
    <message>
        <source>Full screen (F)</source>
        <translation>전체 화면 (F)</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>소리 크기</translation>
    </message>
    <message>
        <source>Pause (Space)</source>
        <translation>일시정지 (Space)</translation>
    </message>
    <message>
        <source>This file cannot be played here: %1</source>
        <translation>이 파일은 여기서 재생할 수 없습니다: %1</translation>
    </message>
</context>
<context>
    <name>ProcessingPage</name>
    <message>
        <source>Start again now</source>
        <translation>지금 다시 시작</translation>
    </message>
    <message>
        <source>Where models run</source>
        <translation>모델을 돌릴 곳</translation>
    </message>
    <message>
        <source>The processor can run every model. A graphics processor is quicker, and needs the reference engines that are installed apart.</source>
        <translation>프로세서(CPU)는 모든 모델을 돌릴 수 있습니다. 그래픽 프로세서는 더 빠르지만, 따로 설치하는 기준 엔진이 있어야 합니다.</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>프로세서(CPU)</translation>
    </message>
    <message>
        <source>Graphics processor (NVIDIA, CUDA)</source>
        <translation>그래픽 프로세서 (NVIDIA, CUDA)</translation>
    </message>
    <message>
        <source>Graphics processor (Apple, MPS)</source>
        <translation>그래픽 프로세서 (Apple, MPS)</translation>
    </message>
    <message>
        <source>The quickest there is</source>
        <translation>가장 빠른 것</translation>
    </message>
    <message>
        <source>Faces</source>
        <translation>얼굴</translation>
    </message>
    <message>
        <source>What is said</source>
        <translation>말</translation>
    </message>
    <message>
        <source>What words mean</source>
        <translation>말의 뜻</translation>
    </message>
    <message>
        <source>What is seen</source>
        <translation>보이는 것</translation>
    </message>
    <message>
        <source>Text on screen</source>
        <translation>화면 속 글자</translation>
    </message>
    <message>
        <source>The best that is installed</source>
        <translation>설치된 것 중 가장 좋은 것</translation>
    </message>
    <message>
        <source>Tesseract, of this computer</source>
        <translation>이 컴퓨터의 Tesseract</translation>
    </message>
    <message>
        <source>Do not read it</source>
        <translation>읽지 않음</translation>
    </message>
    <message>
        <source>Read by</source>
        <translation>읽는 방법</translation>
    </message>
    <message>
        <source>Seasons</source>
        <translation>계절</translation>
    </message>
    <message>
        <source>Summer is June to August</source>
        <translation>여름은 6~8월</translation>
    </message>
    <message>
        <source>Summer is December to February</source>
        <translation>여름은 12~2월</translation>
    </message>
    <message>
        <source>Hemisphere</source>
        <translation>반구</translation>
    </message>
    <message>
        <source>The environment variable %1 overrules this choice; change it there.</source>
        <translation>환경 변수 %1이(가) 이 선택보다 우선합니다. 거기서 바꾸세요.</translation>
    </message>
    <message>
        <source>This is in use from the next start of Heimdex on.</source>
        <translation>Heimdex를 다시 시작하면 적용됩니다.</translation>
    </message>
</context>
<context>
    <name>QuestionCard</name>
    <message>
        <source>Somebody without a name</source>
        <translation>이름 없는 사람</translation>
    </message>
    <message numerus="yes">
        <source>%n time(s)</source>
        <translation>
            <numerusform>%n번</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n건 더</numerusform>
        </translation>
    </message>
    <message>
        <source>Is this the same person?</source>
        <translation>같은 사람인가요?</translation>
    </message>
    <message>
        <source>Same person (Y)</source>
        <translation>같은 사람 (Y)</translation>
    </message>
    <message>
        <source>Different (N)</source>
        <translation>다른 사람 (N)</translation>
    </message>
    <message>
        <source>Skip (S)</source>
        <translation>건너뛰기 (S)</translation>
    </message>
</context>
<context>
    <name>Rail</name>
    <message>
        <source>Library</source>
        <translation>보관함</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>검색</translation>
    </message>
    <message>
        <source>People</source>
        <translation>사람</translation>
    </message>
    <message>
        <source>Activity</source>
        <translation>작업</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>설정</translation>
    </message>
</context>
<context>
    <name>ResultsPanel</name>
    <message>
        <source>Moments found</source>
        <translation>찾은 장면</translation>
    </message>
    <message>
        <source>Nothing was found</source>
        <translation>찾은 장면이 없습니다</translation>
    </message>
    <message>
        <source>The search did not work</source>
        <translation>검색하지 못했습니다</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>찾는 중…</translation>
    </message>
    <message>
        <source>No moment fits “%1”. Try other words, fewer words, or look in all kinds of evidence.</source>
        <translation>“%1”에 맞는 장면이 없습니다. 다른 말이나 더 짧은 말로, 또는 모든 종류에서 찾아 보세요.</translation>
    </message>
    <message>
        <source>No good match</source>
        <translation>꼭 맞는 장면 없음</translation>
    </message>
    <message>
        <source>Nothing fits together with %1. These moments are the nearest without that; if it was not meant so, remove its chip.</source>
        <translation>%1까지 함께 맞는 순간이 없습니다. 그 조건 없이 가장 가까운 순간들입니다. 그런 뜻이 아니었다면 칩을 지우세요.</translation>
    </message>
    <message>
        <source>Type what was said, what can be seen or who is there, in a sentence, in Korean or English; a date, a folder or a length may stand in it. Put words in quotes to find them exactly, and - before a word to leave it out.</source>
        <translation>들은 말, 본 것, 나온 사람을 한국어나 영어 문장으로 입력하세요. 날짜, 폴더, 길이도 함께 쓸 수 있습니다. 따옴표로 묶으면 그 말 그대로 찾고, 낱말 앞에 -를 붙이면 뺍니다.</translation>
    </message>
    <message numerus="yes">
        <source>%n moment(s)</source>
        <translation>
            <numerusform>장면 %n개</numerusform>
        </translation>
    </message>
    <message>
        <source>No match found</source>
        <translation>맞는 장면을 찾지 못함</translation>
    </message>
    <message numerus="yes">
        <source>in %n video(s)</source>
        <translation>
            <numerusform>· 영상 %n개</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n less sure</source>
        <translation>
            <numerusform>덜 확실한 장면 %n개</numerusform>
        </translation>
    </message>
    <message>
        <source>Whether this can be seen somewhere is more than the picture model in use can tell. These are the nearest moments; one of them may be it.</source>
        <translation>이것이 어딘가에 보이는지는 지금 쓰는 영상 모델로는 판단할 수 없습니다. 가장 가까운 장면들이며, 이 가운데 찾는 장면이 있을 수도 있습니다.</translation>
    </message>
    <message>
        <source>Nothing fits this: %1 was recognised in none of the videos. These are the nearest moments there are.</source>
        <translation>맞는 장면이 없습니다. 어느 영상에서도 알아보지 못한 것: %1. 아래는 가장 가까운 장면입니다.</translation>
    </message>
    <message>
        <source>Nothing fits this. These are the nearest moments there are.</source>
        <translation>맞는 장면이 없습니다. 아래는 가장 가까운 장면입니다.</translation>
    </message>
    <message>
        <source>Find the second</source>
        <translation>찾고 싶은 그 순간</translation>
    </message>
    <message>
        <source>a dog running on the beach</source>
        <translation>해변에서 뛰는 강아지</translation>
    </message>
    <message>
        <source>blowing out the birthday candles</source>
        <translation>생일 촛불 끄기</translation>
    </message>
    <message>
        <source>“see you tomorrow”</source>
        <translation>“내일 만나”</translation>
    </message>
</context>
<context>
    <name>SavedLine</name>
    <message>
        <source>More about %1</source>
        <translation>%1 더 보기</translation>
    </message>
    <message numerus="yes">
        <source>%n new</source>
        <translation>
            <numerusform>새로 %n개</numerusform>
        </translation>
    </message>
    <message>
        <source>Rename…</source>
        <translation>이름 바꾸기…</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>지우기</translation>
    </message>
</context>
<context>
    <name>SavedList</name>
    <message>
        <source>Saved searches</source>
        <translation>저장한 검색</translation>
    </message>
</context>
<context>
    <name>SearchField</name>
    <message>
        <source>Search what was said, seen, or who is there</source>
        <translation>들은 말, 본 것, 나온 사람을 찾아보세요</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>검색</translation>
    </message>
    <message>
        <source>Find by a picture</source>
        <translation>사진으로 찾기</translation>
    </message>
    <message>
        <source>Save this search</source>
        <translation>이 검색 저장</translation>
    </message>
    <message>
        <source>Clear the search</source>
        <translation>검색어 지우기</translation>
    </message>
    <message>
        <source>Be like this instead</source>
        <translation>이것과 닮은 것으로</translation>
    </message>
    <message>
        <source>Be unlike this instead</source>
        <translation>이것과 닮지 않은 것으로</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>지우기</translation>
    </message>
</context>
<context>
    <name>Session</name>
    <message numerus="yes">
        <source>%n video(s) added.</source>
        <translation>
            <numerusform>영상 %n개를 추가했습니다.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n copy(ies) of known videos.</source>
        <translation>
            <numerusform>이미 있는 영상의 사본 %n개.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n video(s) back again.</source>
        <translation>
            <numerusform>영상 %n개가 다시 연결되었습니다.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n video(s) at a new place.</source>
        <translation>
            <numerusform>영상 %n개의 위치가 바뀌었습니다.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n path(s) not taken.</source>
        <translation>
            <numerusform>%n개는 추가하지 못했습니다.</numerusform>
        </translation>
    </message>
    <message>
        <source>Everything there is already in the library.</source>
        <translation>모두 이미 보관함에 있습니다.</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) still growing.</source>
        <translation>
            <numerusform>아직 저장 중인 파일 %n개.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SetCard</name>
    <message>
        <source>In use</source>
        <translation>사용 중</translation>
    </message>
    <message>
        <source>From the next start</source>
        <translation>다음 시작부터</translation>
    </message>
    <message>
        <source>Download (%1)</source>
        <translation>내려받기 (%1)</translation>
    </message>
    <message>
        <source>Use this set</source>
        <translation>이 세트 사용</translation>
    </message>
    <message>
        <source>%1 on the disk</source>
        <translation>디스크에서 %1</translation>
    </message>
    <message>
        <source>Installed, %1</source>
        <translation>설치됨, %1</translation>
    </message>
    <message>
        <source>%1 to download</source>
        <translation>내려받을 크기 %1</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>설정</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>쪽</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>보관함</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>모델</translation>
    </message>
    <message>
        <source>Processing</source>
        <translation>처리</translation>
    </message>
    <message>
        <source>People</source>
        <translation>사람</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>모양</translation>
    </message>
    <message>
        <source>About</source>
        <translation>정보</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>완료</translation>
    </message>
    <message>
        <source>New videos in these folders are found by themselves.</source>
        <translation>이 폴더에 새로 생긴 영상은 저절로 찾습니다.</translation>
    </message>
    <message>
        <source>Add folder…</source>
        <translation>폴더 추가…</translation>
    </message>
    <message>
        <source>Look again now</source>
        <translation>지금 다시 살펴보기</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>색</translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation>시스템과 같게</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>밝게</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>어둡게</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>언어</translation>
    </message>
    <message>
        <source>Start again now</source>
        <translation>지금 다시 시작</translation>
    </message>
    <message>
        <source>Keys (F1)</source>
        <translation>단축키 (F1)</translation>
    </message>
    <message>
        <source>Forget recent searches</source>
        <translation>최근 검색 기록 지우기</translation>
    </message>
    <message numerus="yes">
        <source>and %n more left out</source>
        <translation>
            <numerusform>그 밖에 %n개 제외됨</numerusform>
        </translation>
    </message>
    <message>
        <source>No folder is watched yet.</source>
        <translation>아직 지켜보는 폴더가 없습니다.</translation>
    </message>
    <message>
        <source>not connected</source>
        <translation>연결 안 됨</translation>
    </message>
    <message>
        <source>Leave this folder alone</source>
        <translation>이 폴더 그만 보기</translation>
    </message>
    <message>
        <source>Leave the folder “%1” alone?</source>
        <translation>“%1” 폴더를 그만 볼까요?</translation>
    </message>
    <message>
        <source>What Heimdex found in its videos is forgotten, the faces as well. The files themselves stay where they are. Added again, they are looked at anew, which may take long.</source>
        <translation>Heimdex가 이 폴더의 영상에서 찾은 것을 얼굴까지 모두 잊습니다. 파일 자체는 그 자리에 그대로 있습니다. 다시 추가하면 처음부터 살펴보므로 오래 걸릴 수 있습니다.</translation>
    </message>
    <message>
        <source>Leave it alone</source>
        <translation>그만 보기</translation>
    </message>
    <message>
        <source>Left out:</source>
        <translation>제외됨:</translation>
    </message>
    <message>
        <source>Take it in again</source>
        <translation>다시 포함</translation>
    </message>
    <message>
        <source>Recent searches are forgotten</source>
        <translation>최근 검색 기록을 지웠습니다</translation>
    </message>
    <message>
        <source>Add a folder</source>
        <translation>폴더 추가</translation>
    </message>
    <message>
        <source>The language changes when Heimdex is started again.</source>
        <translation>Heimdex를 다시 시작하면 언어가 바뀝니다.</translation>
    </message>
    <message>
        <source>This choice cannot be kept in %1; free some space or check the permissions.</source>
        <translation>이 선택을 %1에 저장할 수 없습니다. 공간을 비우거나 권한을 확인하세요.</translation>
    </message>
</context>
<context>
    <name>Shell</name>
    <message>
        <source>The library is in use</source>
        <translation>보관함을 다른 곳에서 쓰고 있습니다</translation>
    </message>
    <message>
        <source>The library cannot be opened</source>
        <translation>보관함을 열 수 없습니다</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>다시 시도</translation>
    </message>
    <message>
        <source>Its database is damaged. Heimdex can put the newest sound backup in its place; the damaged file is kept, and your videos are not affected.</source>
        <translation>데이터베이스가 손상되었습니다. 가장 최근의 온전한 백업으로 되돌릴 수 있습니다. 손상된 파일은 그대로 보관되며 동영상은 바뀌지 않습니다.</translation>
    </message>
    <message>
        <source>Open it as it is</source>
        <translation>이대로 열기</translation>
    </message>
    <message>
        <source>The last check found damage in its database; your videos are not affected.</source>
        <translation>지난 점검에서 데이터베이스의 손상이 발견되었습니다. 영상은 그대로입니다.</translation>
    </message>
    <message>
        <source>Opened as it is, the library can be searched as far as it can still be read; something may be missing or wrong, and no backup is made of it.</source>
        <translation>이대로 열면 아직 읽을 수 있는 만큼 검색할 수 있지만, 빠지거나 틀린 것이 있을 수 있고 백업은 만들지 않습니다.</translation>
    </message>
    <message>
        <source>Heimdex can put the newest sound backup in its place and keeps the damaged file. The newest backup: %1. Names given since then are not in it, and what was added to your folders since then is indexed again.</source>
        <translation>Heimdex가 온전한 최신 백업으로 되돌릴 수 있으며, 손상된 파일도 남겨 둡니다. 가장 최근 백업: %1. 그 뒤에 붙인 이름은 들어 있지 않고, 그 뒤에 폴더에 추가된 영상은 다시 처리합니다.</translation>
    </message>
    <message>
        <source>There is no backup of it.</source>
        <translation>백업이 없습니다.</translation>
    </message>
    <message>
        <source>The library is damaged</source>
        <translation>보관함이 손상되었습니다</translation>
    </message>
    <message>
        <source>Restore the newest backup</source>
        <translation>최근 백업으로 되돌리기</translation>
    </message>
</context>
<context>
    <name>SidePanel</name>
    <message>
        <source>Text on screen</source>
        <translation>화면 속 글자</translation>
    </message>
    <message>
        <source>Nothing chosen</source>
        <translation>고른 영상이 없습니다</translation>
    </message>
    <message>
        <source>Choose a video or a moment: it plays here, with what is said beside it.</source>
        <translation>영상이나 장면을 고르면 여기서 재생되고, 하는 말이 함께 나옵니다.</translation>
    </message>
    <message>
        <source>Find this frame: moments that look like it</source>
        <translation>이 화면 찾기: 닮은 순간들</translation>
    </message>
    <message>
        <source>Close the side</source>
        <translation>옆 칸 닫기</translation>
    </message>
    <message>
        <source>About this video</source>
        <translation>이 영상에 대해</translation>
    </message>
    <message>
        <source>Transcript</source>
        <translation>받아쓴 글</translation>
    </message>
    <message>
        <source>On screen</source>
        <translation>화면 글자</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>자세히</translation>
    </message>
    <message>
        <source>This video has no sound.</source>
        <translation>소리가 없는 영상입니다.</translation>
    </message>
    <message>
        <source>Nobody speaks in this video.</source>
        <translation>이 영상에는 말이 없습니다.</translation>
    </message>
    <message>
        <source>What is said appears here once it has been listened to.</source>
        <translation>다 듣고 나면 하는 말이 여기에 나타납니다.</translation>
    </message>
</context>
<context>
    <name>SuggestionList</name>
    <message>
        <source>Suggestions</source>
        <translation>제안</translation>
    </message>
</context>
<context>
    <name>SwitchedOff</name>
    <message>
        <source>Face recognition is off</source>
        <translation>얼굴 인식이 꺼져 있습니다</translation>
    </message>
    <message>
        <source>Switch it on</source>
        <translation>켜기</translation>
    </message>
    <message>
        <source>Erase stored faces…</source>
        <translation>보관된 얼굴 지우기…</translation>
    </message>
    <message>
        <source>Nobody is looked for in new videos, and search finds nobody by name.</source>
        <translation>새 영상에서 사람을 찾지 않고, 검색에서 이름으로 찾지 않습니다.</translation>
    </message>
    <message numerus="yes">
        <source>%n face(s) found before are still stored.</source>
        <translation>
            <numerusform>전에 찾은 얼굴 %n개가 아직 보관되어 있습니다.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TakeOut</name>
    <message>
        <source>Copy or save what is said</source>
        <translation>하는 말 복사하거나 저장</translation>
    </message>
    <message>
        <source>Copy what is said</source>
        <translation>하는 말 복사</translation>
    </message>
    <message>
        <source>Save as subtitles (SRT)…</source>
        <translation>자막으로 저장(SRT)…</translation>
    </message>
    <message>
        <source>Save as subtitles (WebVTT)…</source>
        <translation>자막으로 저장(WebVTT)…</translation>
    </message>
    <message>
        <source>Save as text…</source>
        <translation>글로 저장…</translation>
    </message>
    <message>
        <source>What is said was copied.</source>
        <translation>하는 말을 복사했습니다.</translation>
    </message>
    <message>
        <source>Saved as %1.</source>
        <translation>%1(으)로 저장했습니다.</translation>
    </message>
    <message>
        <source>Save what is said</source>
        <translation>하는 말 저장</translation>
    </message>
</context>
<context>
    <name>TranscriptView</name>
    <message>
        <source>Transcript</source>
        <translation>받아쓴 글</translation>
    </message>
</context>
<context>
    <name>WhoElse</name>
    <message>
        <source>There is nobody else yet.</source>
        <translation>아직 다른 사람이 없습니다.</translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <source>Quit</source>
        <translation>끝내기</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>실행 취소</translation>
    </message>
    <message>
        <source>Open the side</source>
        <translation>옆 칸 열기</translation>
    </message>
</context>
<context>
    <name>Wording</name>
    <message>
        <source>Today</source>
        <translation>오늘</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>어제</translation>
    </message>
    <message>
        <source>Reading the file</source>
        <translation>파일 읽는 중</translation>
    </message>
    <message>
        <source>Listening</source>
        <translation>듣는 중</translation>
    </message>
    <message>
        <source>Understanding what is said</source>
        <translation>말뜻 익히는 중</translation>
    </message>
    <message>
        <source>Finding scenes</source>
        <translation>장면 나누는 중</translation>
    </message>
    <message>
        <source>Looking</source>
        <translation>보는 중</translation>
    </message>
    <message>
        <source>Finding faces</source>
        <translation>얼굴 찾는 중</translation>
    </message>
    <message>
        <source>Reading text on screen</source>
        <translation>화면 글자 읽는 중</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>대기 중</translation>
    </message>
    <message>
        <source>Working</source>
        <translation>진행 중</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>일시정지</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>완료</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>실패</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>취소됨</translation>
    </message>
    <message>
        <source>said</source>
        <translation>말</translation>
    </message>
    <message>
        <source>seen</source>
        <translation>화면</translation>
    </message>
    <message>
        <source>who</source>
        <translation>사람</translation>
    </message>
    <message>
        <source>on screen</source>
        <translation>글자</translation>
    </message>
    <message>
        <source>at best a little alike</source>
        <translation>조금 닮았을 뿐입니다</translation>
    </message>
    <message>
        <source>looks alike</source>
        <translation>닮았습니다</translation>
    </message>
    <message>
        <source>at best a little like “%1”</source>
        <translation>“%1”와(과) 조금 비슷할 뿐인 화면</translation>
    </message>
    <message>
        <source>looks like “%1”</source>
        <translation>“%1”와(과) 비슷한 화면</translation>
    </message>
    <message>
        <source>Less sure</source>
        <translation>덜 확실한 장면</translation>
    </message>
    <message>
        <source>Its drive is not connected</source>
        <translation>드라이브가 연결되어 있지 않습니다</translation>
    </message>
    <message>
        <source>The file was moved or deleted</source>
        <translation>파일이 옮겨졌거나 지워졌습니다</translation>
    </message>
    <message>
        <source>Korean</source>
        <translation>한국어</translation>
    </message>
    <message>
        <source>English</source>
        <translation>영어</translation>
    </message>
    <message>
        <source>Japanese</source>
        <translation>일본어</translation>
    </message>
    <message>
        <source>Chinese</source>
        <translation>중국어</translation>
    </message>
    <message>
        <source>The library&apos;s database may be damaged; check it in Settings › Library.</source>
        <translation>보관함의 데이터베이스가 손상되었을 수 있습니다. 설정의 ‘보관함’에서 점검하세요.</translation>
    </message>
    <message>
        <source>Something unexpected went wrong (%1); the log has the details.</source>
        <translation>예상하지 못한 문제가 생겼습니다(%1). 자세한 내용은 기록에 있습니다.</translation>
    </message>
</context>
<context>
    <name>_Details</name>
    <message>
        <source>Copy</source>
        <translation>복사</translation>
    </message>
</context>
<context>
    <name>_DropHint</name>
    <message>
        <source>Drop to add to your library</source>
        <translation>놓으면 보관함에 추가됩니다</translation>
    </message>
    <message>
        <source>Drop to find what looks like it</source>
        <translation>놓으면 닮은 장면을 찾습니다</translation>
    </message>
</context>
<context>
    <name>_Model</name>
    <message>
        <source>saved search</source>
        <translation>저장한 검색</translation>
    </message>
    <message>
        <source>person</source>
        <translation>사람</translation>
    </message>
    <message>
        <source>folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>asked before</source>
        <translation>전에 찾은 것</translation>
    </message>
    <message>
        <source>is said</source>
        <translation>나오는 말</translation>
    </message>
</context>
<context>
    <name>_Span</name>
    <message>
        <source>less than a minute</source>
        <translation>1분 미만</translation>
    </message>
    <message numerus="yes">
        <source>about %n minute(s)</source>
        <translation>
            <numerusform>약 %n분</numerusform>
        </translation>
    </message>
    <message>
        <source>about %1 h %2 min</source>
        <translation>약 %1시간 %2분</translation>
    </message>
    <message numerus="yes">
        <source>about %n hour(s)</source>
        <translation>
            <numerusform>약 %n시간</numerusform>
        </translation>
    </message>
</context>
</TS>
