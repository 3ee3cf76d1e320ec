<?php
// The story of ../story.md told by PHP's SoapClient.
[, $url, $user, $password, $tag] = $argv;
$name = "ООО «Ромашка & Ко» <$tag>";
$phone = '+7 495 000-11-22';

/** Prints how a step went; a finding is what => [value that came, value expected]. */
function tell(string $step, array $findings): void
{
    $wrong = [];
    foreach ($findings as $what => [$came, $expected]) {
        if ($came !== $expected) {
            $wrong[] = "$what is " . var_export($came, true) . ' instead of ' . var_export($expected, true);
        }
    }
    echo $wrong ? "not ok $step: " . implode('; ', $wrong) . "\n" : "ok $step\n";
}

/** A service whose operations are called with the session's token in the header. */
function service(string $name, ?string $token = null): SoapClient
{
    global $url;
    $client = new SoapClient("$url/soap/$name?wsdl", [
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS, 'keep_alive' => true]);
    if ($token !== null) {
        $client->__setSoapHeaders(new SoapHeader("urn:svyaz:crm:1:$name", 'Session', ['token' => $token]));
    }
    return $client;
}

/** An ArrayOfX: its one child has the name that the schema gives it. */
function many(SoapClient $client, string $type, array $items): array
{
    $types = implode("\n", $client->__getTypes());
    preg_match("/struct ArrayOf$type \{\s+\S+ (\w+);/", $types, $found);
    return [$found[1] => $items];
}

/** Code and field of the typed detail of the fault that a call ends in. */
function fault_of(callable $call): array
{
    try {
        $call();
    } catch (SoapFault $fault) {
        $detail = $fault->detail->CrmFault;
        return [$detail->code, $detail->field ?? null];
    }
    return ['no fault', null];
}

function values_of(object $account): array
{
    global $name, $tag;
    return ['name' => [$account->name, $name], 'accountNumber' => [$account->accountNumber, $tag],
        'creditLimit' => [is_same_money($account->creditLimit, '1234567.89'), true]];
}

/** Money comes as text; zeros at its end mean nothing. */
function is_same_money(string $left, string $right): bool
{
    return rtrim(rtrim($left, '0'), '.') === rtrim(rtrim($right, '0'), '.');
}

$session = service('Session')->Login(
    ['userName' => $user, 'password' => $password, 'application' => 'php'])->result;
tell('login', ['token' => [$session->token !== '', true]]);
$accounts = service('Account', $session->token);
$contacts = service('Contact', $session->token);
$batches = service('Batch', $session->token);

$created = $accounts->CreateAccount(['account' => ['name' => $name, 'accountNumber' => $tag,
    'creditLimit' => '1234567.89', 'numberOfEmployees' => 42, 'telephone1' => $phone]])->result;
tell('create', ['created' => [$created->created, true], 'id' => [strlen($created->id), 36]]);

$account = $accounts->RetrieveAccount(['id' => $created->id])->account;
tell('retrieve', values_of($account) + ['numberOfEmployees' => [$account->numberOfEmployees, 42],
    'telephone1' => [$account->telephone1, $phone]]);

$person = $contacts->CreateContact(['contact' => ['firstName' => 'Мария', 'lastName' => "Ёлкина $tag",
    'birthDate' => '1985-05-17',
    'parentCustomer' => ['entity' => 'Account', 'id' => $created->id]]])->result;
$contact = $contacts->RetrieveContact(['id' => $person->id])->contact;
$customer = $contact->parentCustomer;
tell('reference', ['birthDate' => [$contact->birthDate, '1985-05-17'],
    'lastName' => [$contact->lastName, "Ёлкина $tag"], 'entity' => [$customer->entity, 'Account'],
    'id' => [$customer->id, $created->id], 'name' => [$customer->name, $name]]);

$accounts->UpdateAccount(['account' => ['id' => $created->id, 'numberOfEmployees' => 43]]);
$changed = $accounts->RetrieveAccount(['id' => $created->id])->account;
tell('update', values_of($changed) + ['numberOfEmployees' => [$changed->numberOfEmployees, 43],
    'telephone1' => [$changed->telephone1, $phone],
    'version is higher' => [$changed->version > $account->version, true]]);

$accounts->UpdateAccount(['account' => ['id' => $created->id,
    'fieldsToNull' => many($accounts, 'String', ['telephone1'])]]);
$changed = $accounts->RetrieveAccount(['id' => $created->id])->account;
tell('null', values_of($changed) + ['numberOfEmployees' => [$changed->numberOfEmployees, 43],
    'telephone1' => [$changed->telephone1 ?? null, null]]);

$ids = [];
for ($i = 1; $i <= 5; $i++) {
    $ids[] = $contacts->CreateContact(
        ['contact' => ['firstName' => 'Пётр', 'lastName' => "$tag-$i"]])->result->id;
}
$text = fn (string ...$values) => many($contacts, 'String', $values);
$query = ['columns' => $text('lastName'),
    'filter' => ['type' => 'and', 'conditions' => many($contacts, 'Condition', [
        ['field' => 'lastName', 'operator' => 'like', 'values' => $text("$tag-%")],
        ['field' => 'firstName', 'operator' => 'eq', 'values' => $text('Пётр')]])],
    'orders' => many($contacts, 'Order', [['field' => 'lastName', 'descending' => true]]),
    'pageSize' => 2];
$names = [];
$pages = 0;
do {
    $page = $contacts->RetrieveMultipleContact(['query' => $query])->page;
    foreach (current(get_object_vars($page->contacts)) as $row) {
        $names[] = $row->lastName;
    }
    $query['cookie'] = $page->nextCookie ?? null;
    $pages++;
} while ($page->more && $pages < 9);
tell('query', ['names' => [$names, array_map(fn ($i) => "$tag-$i", range(5, 1))], 'pages' => [$pages, 3]]);

$fields = fn (array ...$items) => many($batches, 'BatchField', $items);
$done = $batches->ExecuteBatch(['rows' => many($batches, 'BatchRow', [
    ['tag' => 'customer', 'operation' => 'create', 'entity' => 'Account',
        'fields' => $fields(['name' => 'name', 'value' => "$tag batch"])],
    ['operation' => 'create', 'entity' => 'Contact',
        'fields' => $fields(['name' => 'lastName', 'value' => "$tag batch"],
            ['name' => 'parentCustomer', 'resultOf' => 'customer'])]]),
    'allOrNone' => true])->result;
$results = current(get_object_vars($done->rows));
tell('batch', ['succeeded' => [$done->succeeded, 2], 'tag' => [$results[0]->rowTag, 'customer']]);

[$code, $field] = fault_of(fn () => $accounts->CreateAccount(['account' => ['name' => str_repeat('Ы', 5000)]]));
tell('fault', ['code' => [$code, 'VALUE_TOO_LONG'], 'field' => [$field, 'name']]);

$contacts->DeleteContact(['id' => $ids[0]]);
[$code] = fault_of(fn () => $contacts->RetrieveContact(['id' => $ids[0]]));
tell('delete', ['code' => [$code, 'RECORD_NOT_FOUND']]);

echo "wrote Account $created->id\nwrote Contact $person->id\ndeleted Contact $ids[0]\n";
echo "batched Account {$results[0]->id}\nbatched Contact {$results[1]->id}\n";
