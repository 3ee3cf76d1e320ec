-- wrk -t1 -cN -dSs --latency -s contact.lua URL -- OPERATION SEED
--
-- The same work as peers/load/contact.lua, in the contract of Svyaz. BENCH_TOKEN is a session's
-- token, BENCH_IDS a file with the ids of the contacts, one a line. Every answer is checked.
local NAMESPACE = 'urn:svyaz:crm:1:Contact'
local operation, ids, head
local tail = '</soap:Body></soap:Envelope>'
local threads = {}
local format, random = string.format, math.random
local columns = { 'parentCustomer', 'salutation', 'firstName', 'lastName', 'jobTitle', 'emailAddress1',
  'telephone1', 'mobilePhone', 'fax', 'address1Line1', 'address1Line2', 'address1City',
  'address1StateOrProvince', 'address1PostalCode', 'address1Country', 'birthDate', 'description',
  'createdOn', 'modifiedOn' }
local asked = '<columns><string>' .. table.concat(columns, '</string><string>') .. '</string></columns>'
local marks = { create = 'created>true', retrieve = '</lastName>', update = 'created>false', list = '</lastName>' }

function setup(thread) threads[#threads + 1] = thread end

function init(arguments)
  operation = arguments[1]
  math.randomseed(tonumber(arguments[2] or 1))
  ok, bad, sample = 0, 0, ''
  begun = os.time() .. '-' .. math.random(1, 1000000000)
  head = '<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    .. '<soap:Header><Session xmlns="' .. NAMESPACE .. '"><token>' .. os.getenv('BENCH_TOKEN')
    .. '</token></Session></soap:Header><soap:Body>'
  ids = {}
  for line in io.lines(os.getenv('BENCH_IDS')) do ids[#ids + 1] = line end
end

local function element(name, value) return '<' .. name .. '>' .. value .. '</' .. name .. '>' end

local function contact(id, number, city)
  return '<contact>' .. (id and element('id', id) or '') .. element('salutation', 'Mrs')
    .. element('firstName', 'First' .. number % 997) .. element('lastName', 'Last' .. number)
    .. element('jobTitle', 'Buyer') .. element('emailAddress1', 'n' .. number .. '@example.com')
    .. element('telephone1', '+49 30 111111') .. element('mobilePhone', '+49 170 111111')
    .. element('fax', '+49 30 111112') .. element('address1Line1', number .. ' Side Road')
    .. element('address1Line2', '2nd floor') .. element('address1City', city)
    .. element('address1StateOrProvince', 'Region') .. element('address1PostalCode', '10117')
    .. element('address1Country', 'Germany') .. element('birthDate', '1985-05-05')
    .. element('description', 'A short note about this contact, as a user would type it.') .. '</contact>'
end

local make = {
  retrieve = function()
    return 'RetrieveContact', element('id', ids[random(#ids)]) .. asked
  end,
  list = function()
    return 'RetrieveMultipleContact', '<query>' .. asked
      .. '<filter><conditions><Condition><field>address1City</field><operator>eq</operator><values><string>City'
      .. random(0, 99) .. '</string></values></Condition></conditions></filter>'
      .. '<orders><Order><field>lastName</field></Order></orders><pageSize>100</pageSize></query>'
  end,
  create = function()
    return 'CreateContact', contact(nil, random(1, 10000000), 'Sink')
  end,
  update = function()
    local index = random(#ids)
    return 'UpdateContact', contact(ids[index], random(1, 10000000), 'City' .. index % 100)
  end,
}

-- With BENCH_REQUEST_IDS each write has an id of its own.
local function headers(name)
  local lines = { ['Content-Type'] = 'text/xml; charset=utf-8', ['SOAPAction'] = '"' .. NAMESPACE .. '/' .. name .. '"' }
  if os.getenv('BENCH_REQUEST_IDS') then
    number = (number or 0) + 1
    lines['Idempotency-Key'] = begun .. '-' .. number
  end
  return lines
end

function request()
  local name, content = make[operation]()
  return wrk.format('POST', nil, headers(name),
    head .. '<' .. name .. ' xmlns="' .. NAMESPACE .. '">' .. content .. '</' .. name .. '>' .. tail)
end

function response(status, _, body)
  if status == 200 and body:find(marks[operation], 1, true) and (operation ~= 'list' or #body > 50000) then
    ok = ok + 1
  else
    bad = bad + 1
    if sample == '' then sample = status .. ' ' .. body:sub(1, 600) end
  end
end

function done(summary, latency)
  local good, wrong, text = 0, 0, ''
  for _, thread in ipairs(threads) do
    good, wrong, text = good + thread:get('ok'), wrong + thread:get('bad'), text .. thread:get('sample')
  end
  io.write(format('RESULT ok=%d bad=%d rps=%.1f p50_ms=%.3f p99_ms=%.3f\n', good, wrong,
    good / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000))
  if wrong > 0 then io.write(text .. '\n') end
end
