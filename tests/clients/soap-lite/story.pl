# The story of ../story.md told by SOAP::Lite.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use SOAP::Lite;

binmode STDOUT, ':encoding(UTF-8)';
my ($url, $user, $password, $tag) = map { decode_utf8($_) } @ARGV;
my $name = "ООО «Ромашка & Ко» <$tag>";
my $phone = '+7 495 000-11-22';
my $token;

# Prints how a step went; a finding is [what, value that came, value expected].
sub tell_step {
    my ($step, @findings) = @_;
    my @wrong;
    for my $finding (@findings) {
        my ($what, $came, $expected) = map { $_ // 'nothing' } @$finding;
        push @wrong, "$what is $came instead of $expected" if $came ne $expected;
    }
    print @wrong ? "not ok $step: " . join('; ', @wrong) . "\n" : "ok $step\n";
}

# A SOAP::Data tree from pairs of names and values; a value may be an array of such pairs.
sub data {
    my @elements;
    while (my ($element, $value) = splice @_, 0, 2) {
        push @elements, ref $value
            ? SOAP::Data->name($element => \SOAP::Data->value(data(@$value)))
            : SOAP::Data->name($element => $value)->type('string');
    }
    return @elements;
}

# What SOAP::Schema found in the WSDL of a service, by operation.
my %contracts;
sub contract {
    my ($service) = @_;
    return $contracts{$service} //= do {
        my $schema = SOAP::Schema->new;
        $schema->schema_url("$url/soap/$service?wsdl");
        (values %{$schema->parse->services})[0];
    };
}

# Calls an operation; its message in the answer, which may be a fault.
sub ask {
    my ($service, $operation, @parameters) = @_;
    my $contract = contract($service)->{$operation} or die "$operation is not in the WSDL";
    my $client = SOAP::Lite->proxy($contract->{endpoint}->value, keep_alive => 1)
        ->default_ns($contract->{namespace})
        ->autotype(0)
        ->on_action(sub { '"' . $contract->{soapaction}->value . '"' })
        ->on_fault(sub { ref $_[1] ? $_[1] : die $_[0]->transport->status . "\n" });
    my @header = $token
        ? SOAP::Header->name('Session')->attr({xmlns => $contract->{namespace}})
            ->value(\SOAP::Data->name(token => $token)->type('string'))
        : ();
    return $client->call($operation, @header, data(@parameters));
}

# The code and the field of the fault's typed detail.
sub fault_of {
    my ($answer) = @_;
    return map { $answer->valueof("//Fault/detail/CrmFault/$_") } qw(code field);
}

# Name of the one child of ArrayOfX, as the schema gives it.
my %child_names;
sub many {
    my ($service, $type, @items) = @_;
    my $child = $child_names{"$service $type"} //= do {
        my $text = SOAP::Schema->new->schema_url("$url/soap/$service?wsdl")->access;
        $text =~ /name="ArrayOf$type".*?<\w+:element name="(\w+)"/s or die "no ArrayOf$type";
        $1;
    };
    return [map { $child => $_ } @items];
}

sub retrieve { return ask('Account', 'RetrieveAccount', id => $_[0])->valueof('//account') }

sub values_of {
    my ($account) = @_;
    return ['name', $account->{name}, $name], ['accountNumber', $account->{accountNumber}, $tag],
        ['creditLimit', $account->{creditLimit} + 0, 1234567.89];
}

$token = ask('Session', 'Login', userName => $user, password => $password,
    application => 'SOAP::Lite')->valueof('//result/token');
tell_step('login', ['token', $token ? 1 : 0, 1]);

my $created = ask('Account', 'CreateAccount', account => [name => $name, accountNumber => $tag,
    creditLimit => '1234567.89', numberOfEmployees => 42, telephone1 => $phone])->valueof('//result');
my $id = $created->{id};
tell_step('create', ['created', $created->{created}, 'true'], ['id', length $id, 36]);

my $account = retrieve($id);
tell_step('retrieve', values_of($account), ['numberOfEmployees', $account->{numberOfEmployees}, 42],
    ['telephone1', $account->{telephone1}, $phone]);

my $person = ask('Contact', 'CreateContact', contact => [firstName => 'Мария',
    lastName => "Ёлкина $tag", birthDate => '1985-05-17',
    parentCustomer => [entity => 'Account', id => $id]])->valueof('//result/id');
my $contact = ask('Contact', 'RetrieveContact', id => $person)->valueof('//contact');
my $customer = $contact->{parentCustomer};
tell_step('reference', ['birthDate', $contact->{birthDate}, '1985-05-17'],
    ['lastName', $contact->{lastName}, "Ёлкина $tag"], ['entity', $customer->{entity}, 'Account'],
    ['id', $customer->{id}, $id], ['name', $customer->{name}, $name]);

ask('Account', 'UpdateAccount', account => [id => $id, numberOfEmployees => 43]);
my $changed = retrieve($id);
tell_step('update', values_of($changed), ['numberOfEmployees', $changed->{numberOfEmployees}, 43],
    ['telephone1', $changed->{telephone1}, $phone],
    ['version is higher', $changed->{version} > $account->{version} ? 1 : 0, 1]);

ask('Account', 'UpdateAccount',
    account => [id => $id, fieldsToNull => many('Account', 'String', 'telephone1')]);
$changed = retrieve($id);
tell_step('null', values_of($changed), ['numberOfEmployees', $changed->{numberOfEmployees}, 43],
    ['telephone1', $changed->{telephone1}, undef]);

my @ids = map {
    ask('Contact', 'CreateContact', contact => [firstName => 'Пётр', lastName => "$tag-$_"])
        ->valueof('//result/id')
} 1 .. 5;
my @conditions = map {
    [field => $_->[0], operator => $_->[1], values => many('Contact', 'String', $_->[2])]
} ['lastName', 'like', "$tag-%"], ['firstName', 'eq', 'Пётр'];
my @query = (columns => many('Contact', 'String', 'lastName'),
    filter => [type => 'and', conditions => many('Contact', 'Condition', @conditions)],
    orders => many('Contact', 'Order', [field => 'lastName', descending => 'true']), pageSize => 2);
my (@names, $pages, $more, $cookie);
do {
    my $answer = ask('Contact', 'RetrieveMultipleContact',
        query => [@query, $cookie ? (cookie => $cookie) : ()]);
    push @names, $answer->valueof('//contacts/*/lastName');
    ($more, $cookie) = ($answer->valueof('//page/more'), $answer->valueof('//page/nextCookie'));
    $pages++;
} while ($more eq 'true' && $pages < 9);
tell_step('query', ['names', "@names", join(' ', map { "$tag-$_" } reverse 1 .. 5)], ['pages', $pages, 3]);

my @fields = map { many('Batch', 'BatchField', @$_) } [[name => 'name', value => "$tag batch"]],
    [[name => 'lastName', value => "$tag batch"], [name => 'parentCustomer', resultOf => 'customer']];
my $done = ask('Batch', 'ExecuteBatch', rows => many('Batch', 'BatchRow',
    [tag => 'customer', operation => 'create', entity => 'Account', fields => $fields[0]],
    [operation => 'create', entity => 'Contact', fields => $fields[1]]), allOrNone => 'true');
my @batched = $done->valueof('//rows/*/id');
tell_step('batch', ['succeeded', $done->valueof('//result/succeeded'), 2],
    ['tag', $done->valueof('//rows/*/rowTag'), 'customer']);

my ($code, $field) = fault_of(ask('Account', 'CreateAccount', account => [name => 'Ы' x 5000]));
tell_step('fault', ['code', $code, 'VALUE_TOO_LONG'], ['field', $field, 'name']);

ask('Contact', 'DeleteContact', id => $ids[0]);
($code) = fault_of(ask('Contact', 'RetrieveContact', id => $ids[0]));
tell_step('delete', ['code', $code, 'RECORD_NOT_FOUND']);

print "wrote Account $id\nwrote Contact $person\ndeleted Contact $ids[0]\n";
print "batched Account $batched[0]\nbatched Contact $batched[1]\n";
