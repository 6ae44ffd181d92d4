# Downloads the models of the card (the Balanced set) into models\, on Windows: says how much it is
# and under which licences, asks, goes on where it was interrupted, and checks every byte.
# powershell -ExecutionPolicy Bypass -File scripts\download_models.ps1 [--set best | whisper-small …] [--yes]
$named = $args | Where-Object { $_ -notlike '-*' -or $_ -like '--set*' -or $_ -in '-h', '--help' }
$given = if ($named) { $args } else { @('--set', 'balanced') + $args }
& (Join-Path $PSScriptRoot 'run.ps1') models download @given
exit $LASTEXITCODE
