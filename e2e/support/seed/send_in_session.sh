rm -f /tmp/perkoon-send.log /tmp/perkoon-send.pid
perkoon send /path/to/file --session CODE --sender-key KEY --json --timeout 1800 > /tmp/perkoon-send.log 2>&1 &
echo $! > /tmp/perkoon-send.pid
