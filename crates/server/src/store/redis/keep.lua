-- Keeps rooms that somebody sits in, whatever their end. KEYS: all rooms, then these.
-- ARGV: milliseconds to keep them at least, when that is over, then their codes.
for index = 2, #KEYS do
  local left = redis.call('PTTL', KEYS[index])
  if left >= 0 and left < tonumber(ARGV[1]) then
    redis.call('PEXPIRE', KEYS[index], ARGV[1])
    redis.call('ZADD', KEYS[1], ARGV[2], ARGV[index + 1])
  end
end
return 0
