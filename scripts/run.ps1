# Sets Heimdex up on the first start and starts it, on Windows: without arguments the window, with
# arguments the command line.  powershell -ExecutionPolicy Bypass -File scripts\run.ps1 search "..."
$ErrorActionPreference = 'Stop'
$root = Split-Path -Parent $PSScriptRoot
$setup = Join-Path $PSScriptRoot 'setup.py'
$venv = Join-Path $root '.venv\Scripts\python.exe'

function Test-Python([string[]]$command) {
    try {
        $rest = @($command | Select-Object -Skip 1) + @('-c', 'import sys; sys.exit(sys.version_info < (3, 11))')
        & $command[0] @rest 2>$null | Out-Null
        return $LASTEXITCODE -eq 0
    } catch { return $false }
}

$ready = $false
if (Test-Path $venv) {
    & $venv -I -S $setup --check
    $ready = $LASTEXITCODE -eq 0
}
if (-not $ready) {
    $candidates = @(@('py', '-3'), @('python'), @('python3'))
    if ($env:HEIMDEX_PYTHON) { $candidates = @(, @($env:HEIMDEX_PYTHON)) + $candidates }
    $python = $candidates | Where-Object { Test-Python $_ } | Select-Object -First 1
    if (-not $python) {
        Write-Error 'Heimdex needs Python 3.11 or newer: install it from python.org or the Microsoft Store, or name one in HEIMDEX_PYTHON.' -ErrorAction Continue
        exit 1
    }
    $rest = @($python | Select-Object -Skip 1) + @('-I', $setup)
    & $python[0] @rest
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}
& $venv -m heimdex @args
exit $LASTEXITCODE
