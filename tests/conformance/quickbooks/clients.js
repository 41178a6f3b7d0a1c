// Lets node-quickbooks and intuit-oauth work on the simulated QuickBooks as their readers would; prints what they saw.
'use strict';
const OAuthClient = require('intuit-oauth');
const QuickBooks = require('node-quickbooks');
const axios = require('axios');

const { BASE, REALM, CLIENT_ID, CLIENT_SECRET } = process.env;
const seen = {};

function call(client, method, ...words) {
  return new Promise((resolve, reject) => {
    client[method](...words, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

async function refusal(client, method, ...words) {
  try {
    await call(client, method, ...words);
    return null;
  } catch (error) {
    const body = (error.response && error.response.data) || error;
    return body.Fault.Error[0].code;
  }
}

async function signIn() {
  const oauth = new OAuthClient({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    environment: 'sandbox',
    redirectUri: 'http://127.0.0.1:9/callback',
    includeRefreshTokenHardExpiresIn: true,
  });
  oauth.setAuthorizeURLs({
    authorizeEndpoint: `${BASE}/connect/oauth2`,
    tokenEndpoint: `${BASE}/oauth2/v1/tokens/bearer`,
    revokeEndpoint: `${BASE}/v2/oauth2/tokens/revoke`,
    userInfoEndpoint: `${BASE}/v1/openid_connect/userinfo`,
  });
  const page = oauth.authorizeUri({ scope: [OAuthClient.scopes.Accounting], state: 'state-1' });
  const sent = await axios.get(page, { maxRedirects: 0, validateStatus: (status) => status === 302 });
  await oauth.createToken(sent.headers.location);
  seen.realm = oauth.getToken().realmId;
  const before = oauth.getToken().access_token;
  await oauth.refresh();
  seen.refreshed = oauth.getToken().access_token !== before && oauth.isAccessTokenValid();
  const company = await oauth.makeApiCall({ url: `${BASE}/v3/company/${REALM}/companyinfo/${REALM}` });
  seen.company = company.json.CompanyInfo.CompanyName;
  try {
    await oauth.makeApiCall({ url: `${BASE}/v3/company/${REALM}/customer/999` });
  } catch (error) {
    seen.faultOfOauth = error.fault.errors[0].code;
  }
  return oauth.getToken();
}

async function work(token) {
  QuickBooks.V3_ENDPOINT_BASE_URL = `${BASE}/v3/company/`;
  QuickBooks.TOKEN_URL = `${BASE}/oauth2/v1/tokens/bearer`;
  QuickBooks.REVOKE_URL = `${BASE}/v2/oauth2/tokens/revoke`;
  const qbo = new QuickBooks(
    CLIENT_ID, CLIENT_SECRET, token.access_token, false, REALM, true, false, null, '2.0', token.refresh_token,
  );
  await call(qbo, 'refreshAccessToken');

  const customer = await call(qbo, 'createCustomer', { DisplayName: "O'Reilly & Söhne" });
  const item = await call(qbo, 'createItem', { Name: 'Power BI', Type: 'Service', IncomeAccountRef: { value: '1' } });
  const body = (number, amount) => ({
    CustomerRef: { value: customer.Id },
    DocNumber: number,
    Line: [{
      DetailType: 'SalesItemLineDetail',
      Amount: amount,
      SalesItemLineDetail: { ItemRef: { value: item.Id }, Qty: 1, UnitPrice: amount },
    }],
  });
  const first = await call(qbo, 'createInvoice', { ...body('N-1', 19.99), requestId: 'node-1' });
  const again = await call(qbo, 'createInvoice', { ...body('N-1', 19.99), requestId: 'node-1' });
  seen.replayed = first.Id === again.Id;
  seen.duplicate = await refusal(qbo, 'createInvoice', body('N-1', 19.99));
  seen.unknown = await refusal(qbo, 'createInvoice', { ...body('N-9', 1), Colour: 'red' });
  for (let number = 2; number <= 25; number += 1) await call(qbo, 'createInvoice', body(`N-${number}`, number));

  const pages = await call(qbo, 'findInvoices', { fetchAll: true, limit: 10, asc: 'Id' });
  seen.paged = pages.QueryResponse.Invoice.length;
  const counted = await call(qbo, 'findInvoices', { count: true });
  seen.counted = counted.QueryResponse.totalCount;
  const named = await call(qbo, 'findCustomers', { DisplayName: "O'Reilly & Söhne" });
  seen.named = named.QueryResponse.Customer.map((one) => one.Id === customer.Id);

  const changed = await call(qbo, 'updateInvoice', { Id: first.Id, SyncToken: '0', PrivateNote: 'changed' });
  seen.changed = [changed.PrivateNote, changed.SyncToken, changed.TotalAmt];
  seen.stale = await refusal(qbo, 'updateInvoice', { Id: first.Id, SyncToken: '0', PrivateNote: 'late' });
  const payment = await call(qbo, 'createPayment', {
    CustomerRef: { value: customer.Id },
    TotalAmt: 19.99,
    Line: [{ Amount: 19.99, LinkedTxn: [{ TxnId: first.Id, TxnType: 'Invoice' }] }],
  });
  seen.unapplied = payment.UnappliedAmt;
  seen.balance = (await call(qbo, 'getInvoice', first.Id)).Balance;
  seen.voided = (await call(qbo, 'voidInvoice', (await call(qbo, 'findInvoices', { DocNumber: 'N-2' })).QueryResponse
    .Invoice[0].Id)).Invoice.TotalAmt;
  const doomed = (await call(qbo, 'findInvoices', { DocNumber: 'N-3' })).QueryResponse.Invoice[0];
  seen.deleted = (await call(qbo, 'deleteInvoice', doomed.Id)).Invoice.status;
  seen.sent = (await call(qbo, 'sendInvoicePdf', first.Id, 'billing@example.com')).EmailStatus;
  seen.pdf = (await call(qbo, 'getInvoicePdf', first.Id)).toString().slice(0, 4);

  const batch = await call(qbo, 'batch', [
    { bId: '1', operation: 'create', Vendor: { DisplayName: 'Microsoft' } },
    { bId: '2', Query: "select * from Invoice where DocNumber = 'N-25'" },
    { bId: '3', operation: 'delete', Invoice: { Id: '99999', SyncToken: '0' } },
  ]);
  seen.batch = batch.BatchItemResponse.map((one) => (one.Fault ? one.Fault.Error[0].code : Object.keys(one)[0]));
  const since = new Date(Date.parse(first.MetaData.CreateTime) - 60000);
  const changes = await call(qbo, 'changeDataCapture', ['Invoice', 'Vendor'], since.toISOString());
  seen.changes = changes.CDCResponse[0].QueryResponse.map((one) => (one.Invoice || one.Vendor || []).length);
  const file = await call(qbo, 'upload', 'usage.csv', 'text/csv', Buffer.from('a,b\n1,2\n'), 'Invoice', first.Id);
  seen.file = [file.FileName, file.AttachableRef[0].EntityRef.value === first.Id];
  seen.preferences = (await call(qbo, 'getPreferences')).SalesFormsPrefs.CustomTxnNumbers;
  await call(qbo, 'revokeAccess', true);
}

signIn()
  .then(work)
  .then(() => console.log(JSON.stringify(seen)))
  .catch((error) => {
    console.error(error.response ? JSON.stringify(error.response.data) : error);
    process.exitCode = 1;
  });
