// node soap signs WhoAmI; says who it was taken for.   sign.js WSDL KEY CERTIFICATE
const fs = require("fs");
const soap = require("soap");

const [wsdl, key, certificate] = process.argv.slice(2);
// What it would do by itself has the enveloped transform too, which says nothing of a Body.
const options = {
  hasTimeStamp: true,
  signatureTransformations: ["http://www.w3.org/2001/10/xml-exc-c14n#"],
  signerOptions: { idMode: "wssecurity", prefix: "ds" },
};

async function main() {
  const client = await soap.createClientAsync(wsdl);
  client.setSecurity(new soap.WSSecurityCert(fs.readFileSync(key), fs.readFileSync(certificate), "", options));
  const [answer] = await client.WhoAmIAsync({});
  console.log(answer.result.userName);
}

main().catch((reason) => {
  console.log(String(reason.message).split("\n")[0]);
  process.exitCode = 1;
});
