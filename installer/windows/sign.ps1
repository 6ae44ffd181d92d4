# Signs programs with the certificate in $env:CERTIFICATE (base64 of a .pfx) and $env:PASSWORD:
#   sign.ps1 build\packages\*.exe
param([Parameter(Mandatory)][string]$Files)
$ErrorActionPreference = "Stop"

$tool = Get-ChildItem "C:\Program Files (x86)\Windows Kits\10\bin\*\x64\signtool.exe" |
    Select-Object -Last 1
$certificate = Join-Path ([IO.Path]::GetTempPath()) "certificate.pfx"
try {
    [IO.File]::WriteAllBytes($certificate, [Convert]::FromBase64String($env:CERTIFICATE))
    foreach ($file in Get-ChildItem $Files) {
        & $tool.FullName sign /f $certificate /p $env:PASSWORD /fd SHA256 `
            /tr http://timestamp.digicert.com /td SHA256 $file.FullName
        if ($LASTEXITCODE) { throw "signtool could not sign $($file.Name)" }
    }
}
finally {
    Remove-Item $certificate -ErrorAction SilentlyContinue
}
