; Inno Setup 6: a per-user installer that needs no administrator. Run by installer/build.py:
;   iscc /DVersion=… /DSource=…\build\dist\heimdex /DOutput=… heimdex.iss

#ifndef Version
  #error "iscc /DVersion=… /DSource=… /DOutput=… heimdex.iss"
#endif

[Setup]
AppId={{6C1B1F0E-0E0B-4C0D-9A53-5B0C1E5C7E11}
AppName=Heimdex
AppVersion={#Version}
AppVerName=Heimdex {#Version}
AppPublisher=The Heimdex developers
DefaultDirName={localappdata}\Programs\Heimdex
DefaultGroupName=Heimdex
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
OutputDir={#Output}
OutputBaseFilename=Heimdex-{#Version}-setup
Compression=lzma2/max
SolidCompression=yes
LZMAUseSeparateProcess=yes
WizardStyle=modern
LicenseFile={#Source}\lib\LICENSE
UninstallDisplayIcon={app}\Heimdex window.exe
ChangesAssociations=yes
CloseApplications=yes

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "ko"; MessagesFile: "compiler:Languages\Korean.isl"

[CustomMessages]
en.OpenWith=Open with Heimdex
ko.OpenWith=Heimdex로 열기
en.RemoveLibrary=Also delete the library, the settings and downloaded models (what Heimdex knows about your videos, names of people included)? The videos themselves are never deleted.%n%n%1
ko.RemoveLibrary=보관함(동영상에서 알아낸 내용과 사람 이름), 설정, 내려받은 모델도 삭제할까요? 동영상 파일은 절대 삭제하지 않습니다.%n%n%1
en.Desktop=Icon on the desktop
ko.Desktop=바탕 화면에 아이콘 만들기

[Tasks]
Name: "desktop"; Description: "{cm:Desktop}"; Flags: unchecked

[Files]
Source: "{#Source}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[InstallDelete]
; Files of an older version that the new one no longer has.
Type: filesandordirs; Name: "{app}\lib"

[Icons]
Name: "{group}\Heimdex"; Filename: "{app}\Heimdex window.exe"
Name: "{userdesktop}\Heimdex"; Filename: "{app}\Heimdex window.exe"; Tasks: desktop

[Registry]
Root: HKCU; Subkey: "Software\Classes\Applications\Heimdex window.exe\shell\open"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "Heimdex"; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\Applications\Heimdex window.exe\shell\open\command"; ValueType: string; ValueData: """{app}\Heimdex window.exe"" open ""%1"""; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\SystemFileAssociations\video\shell\Heimdex"; ValueType: string; ValueData: "{cm:OpenWith}"; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\SystemFileAssociations\video\shell\Heimdex\command"; ValueType: string; ValueData: """{app}\Heimdex window.exe"" open ""%1"""; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\Directory\shell\Heimdex"; ValueType: string; ValueData: "{cm:OpenWith}"; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\Directory\shell\Heimdex\command"; ValueType: string; ValueData: """{app}\Heimdex window.exe"" open ""%1"""; Flags: uninsdeletekey

[Run]
Filename: "{app}\Heimdex window.exe"; Description: "{cm:LaunchProgram,Heimdex}"; Flags: nowait postinstall skipifsilent

[Code]
procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
var
  Folder: String;
begin
  if CurUninstallStep <> usPostUninstall then
    exit;
  Folder := ExpandConstant('{localappdata}\heimdex');
  { A silent removal, such as that of an update, keeps everything. }
  if DirExists(Folder) and not UninstallSilent then
    if MsgBox(FmtMessage(CustomMessage('RemoveLibrary'), [Folder]), mbConfirmation, MB_YESNO or MB_DEFBUTTON2) = IDYES then
      DelTree(Folder, True, True, True);
end;
