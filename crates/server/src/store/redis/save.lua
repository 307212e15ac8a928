-- Writes a room that nobody has changed since it was loaded, and tells everyone, in one step.
-- KEYS: the room, all rooms by the time they are kept until, the sets of rooms of the nodes that came, of those that went.
-- ARGV: the stamp it was loaded with (empty: it was not there), its new stamp (empty: it is as it was), the room, its nodes,
-- milliseconds to keep it, its code, now, how many rooms there may be, milliseconds that a room is remembered after its end,
-- what the keys of rooms begin with, how many nodes came, then channels, each with its message.
if (redis.call('HGET', KEYS[1], 'stamp') or '') ~= ARGV[1] then
  return 'conflict'
end
if ARGV[2] ~= '' then
  local now, most = tonumber(ARGV[7]), tonumber(ARGV[8])
  if ARGV[1] == '' then
    -- Redis has dropped these.
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    if redis.call('ZCARD', KEYS[2]) >= most then
      -- Those whose end has come make way before their time.
      local over = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now + ARGV[9], 'LIMIT', 0, 100)
      if #over == 0 then
        return 'full'
      end
      for _, code in ipairs(over) do
        redis.call('DEL', ARGV[10] .. code)
        redis.call('ZREM', KEYS[2], code)
      end
    end
  end
  redis.call('HSET', KEYS[1], 'stamp', ARGV[2], 'room', ARGV[3], 'nodes', ARGV[4])
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
  redis.call('ZADD', KEYS[2], now + ARGV[5], ARGV[6])
  for index = 3, #KEYS do
    if index < 3 + ARGV[11] then
      redis.call('SADD', KEYS[index], ARGV[6])
      -- A set that nobody takes over goes by itself, after the longest life of a room.
      redis.call('EXPIRE', KEYS[index], 691200)
    else
      redis.call('SREM', KEYS[index], ARGV[6])
    end
  end
end
for index = 12, #ARGV, 2 do
  redis.call('PUBLISH', ARGV[index], ARGV[index + 1])
end
return 'saved'
