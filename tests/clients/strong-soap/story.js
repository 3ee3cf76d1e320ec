'use strict';
// The story of ../story.md told by the npm package strong-soap.
const { promisify } = require('util');
const { soap } = require('strong-soap');

const [url, user, password, tag] = process.argv.slice(2);
const name = `ООО «Ромашка & Ко» <${tag}>`;
const phone = '+7 495 000-11-22';

/** Prints how a step went; a finding is [what, value that came, value expected]. */
function tell(step, ...findings) {
  const wrong = findings
    .filter(([, came, expected]) => JSON.stringify(came) !== JSON.stringify(expected))
    .map(([what, came, expected]) => `${what} is ${JSON.stringify(came)} instead of ${JSON.stringify(expected)}`);
  console.log(wrong.length ? `not ok ${step}: ${wrong.join('; ')}` : `ok ${step}`);
}

/**
 * A service: its operations by name, each answering what its response wrapper holds. They are
 * called with the session's token in the header.
 */
async function service(serviceName, token) {
  const client = await promisify(soap.createClient)(`${url}/soap/${serviceName}?wsdl`, {});
  const namespace = `urn:svyaz:crm:1:${serviceName}`;
  if (token) {
    client.addSoapHeader({ token }, new soap.QName(namespace, 'Session'));
  }
  const operations = { client };
  for (const operation of Object.values(client.describe())
    .flatMap(ports => Object.values(ports).flatMap(port => Object.keys(port)))) {
    operations[operation] = parameters => new Promise((resolve, reject) => client[operation](
      parameters, (error, answer) => (error ? reject(error) : resolve(answer))));
  }
  return operations;
}

/** An ArrayOfX: its one child has the name that the schema gives it. */
function many({ client }, type, ...items) {
  const schemas = Object.values(client.wsdl.definitions.schemas);
  const array = schemas.map(schema => schema.complexTypes[`ArrayOf${type}`]).find(Boolean);
  const child = array.children[0].children[0].$name;
  return { [child]: items };
}

/** Code and field of the typed detail of the fault that a call ends in. */
async function faultOf(call) {
  try {
    await call;
  } catch (error) {
    const detail = error.root.Envelope.Body.Fault.detail.CrmFault;
    return [detail.code, detail.field];
  }
  return ['no fault'];
}

/** A date comes as Date or as text, as the version of the package has it. */
const day = value => (value instanceof Date ? value.toISOString() : String(value)).slice(0, 10);

const valuesOf = account => [['name', account.name, name], ['accountNumber', account.accountNumber, tag],
  ['creditLimit', Number(account.creditLimit), 1234567.89]];

async function story() {
  const { result: session } = await (await service('Session')).Login(
    { userName: user, password, application: 'strong-soap' });
  tell('login', ['token', Boolean(session.token), true]);
  const accounts = await service('Account', session.token);
  const contacts = await service('Contact', session.token);
  const batches = await service('Batch', session.token);
  const retrieve = async id => (await accounts.RetrieveAccount({ id })).account;

  const { result: created } = await accounts.CreateAccount({ account: {
    name, accountNumber: tag, creditLimit: '1234567.89', numberOfEmployees: 42, telephone1: phone } });
  tell('create', ['created', created.created, true], ['id', created.id.length, 36]);

  const account = await retrieve(created.id);
  tell('retrieve', ...valuesOf(account), ['numberOfEmployees', account.numberOfEmployees, 42],
    ['telephone1', account.telephone1, phone]);

  const { result: person } = await contacts.CreateContact({ contact: {
    firstName: 'Мария', lastName: `Ёлкина ${tag}`, birthDate: '1985-05-17',
    parentCustomer: { entity: 'Account', id: created.id } } });
  const { contact } = await contacts.RetrieveContact({ id: person.id });
  tell('reference', ['birthDate', day(contact.birthDate), '1985-05-17'],
    ['lastName', contact.lastName, `Ёлкина ${tag}`], ['entity', contact.parentCustomer.entity, 'Account'],
    ['id', contact.parentCustomer.id, created.id], ['name', contact.parentCustomer.name, name]);

  await accounts.UpdateAccount({ account: { id: created.id, numberOfEmployees: 43 } });
  let changed = await retrieve(created.id);
  tell('update', ...valuesOf(changed), ['numberOfEmployees', changed.numberOfEmployees, 43],
    ['telephone1', changed.telephone1, phone],
    ['version is higher', Number(changed.version) > Number(account.version), true]);

  await accounts.UpdateAccount({ account: {
    id: created.id, fieldsToNull: many(accounts, 'String', 'telephone1') } });
  changed = await retrieve(created.id);
  tell('null', ...valuesOf(changed), ['numberOfEmployees', changed.numberOfEmployees, 43],
    ['telephone1', changed.telephone1, undefined]);

  const ids = [];
  for (let i = 1; i <= 5; i++) {
    const { result } = await contacts.CreateContact(
      { contact: { firstName: 'Пётр', lastName: `${tag}-${i}` } });
    ids.push(result.id);
  }
  const text = (...values) => many(contacts, 'String', ...values);
  const query = {
    columns: text('lastName'),
    filter: { type: 'and', conditions: many(contacts, 'Condition',
      { field: 'lastName', operator: 'like', values: text(`${tag}-%`) },
      { field: 'firstName', operator: 'eq', values: text('Пётр') }) },
    orders: many(contacts, 'Order', { field: 'lastName', descending: true }),
    pageSize: 2 };
  const names = [];
  let pages = 0, page;
  do {
    page = (await contacts.RetrieveMultipleContact({ query })).page;
    names.push(...Object.values(page.contacts)[0].map(row => row.lastName));
    query.cookie = page.nextCookie;
    pages++;
  } while (page.more && pages < 9);
  tell('query', ['names', names, [5, 4, 3, 2, 1].map(i => `${tag}-${i}`)], ['pages', pages, 3]);

  const fields = (...items) => many(batches, 'BatchField', ...items);
  const rows = many(batches, 'BatchRow',
    { tag: 'customer', operation: 'create', entity: 'Account',
      fields: fields({ name: 'name', value: `${tag} batch` }) },
    { operation: 'create', entity: 'Contact',
      fields: fields({ name: 'lastName', value: `${tag} batch` },
        { name: 'parentCustomer', resultOf: 'customer' }) });
  const { result: done } = await batches.ExecuteBatch({ rows, allOrNone: true });
  const results = Object.values(done.rows)[0];
  tell('batch', ['succeeded', Number(done.succeeded), 2], ['tag', results[0].rowTag, 'customer']);

  const tooLong = accounts.CreateAccount({ account: { name: 'Ы'.repeat(5000) } });
  tell('fault', ['code and field', await faultOf(tooLong), ['VALUE_TOO_LONG', 'name']]);

  await contacts.DeleteContact({ id: ids[0] });
  const [code] = await faultOf(contacts.RetrieveContact({ id: ids[0] }));
  tell('delete', ['code', code, 'RECORD_NOT_FOUND']);

  console.log(`wrote Account ${created.id}\nwrote Contact ${person.id}\ndeleted Contact ${ids[0]}`);
  console.log(`batched Account ${results[0].id}\nbatched Contact ${results[1].id}`);
}

story().catch(error => { console.error(error); process.exit(1); });
