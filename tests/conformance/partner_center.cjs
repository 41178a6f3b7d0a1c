// Lists what a partner has, with a package others wrote. Its addresses are fixed in its code, so requests are led to
// the sandbox just before they are sent; nothing else about them is touched.
const { createRequire } = require("node:module")
const { realpathSync } = require("node:fs")
const { join } = require("node:path")

const [folder, settings] = [process.argv[2], JSON.parse(process.argv[3])]
const own = createRequire(realpathSync(join(folder, "node_modules", "microsoft-partnercenter", "package.json")))
const axios = own("axios")
const send = axios.getAdapter("http")
const lead = (text) => {
    for (const [from, to] of Object.entries(settings.hosts)) {
        if (text && text.startsWith(from)) return to + text.slice(from.length)
    }
    return text
}
axios.defaults.adapter = (config) => send({ ...config, baseURL: lead(config.baseURL), url: lead(config.url), proxy: false })

const { MicrosoftPartnerCenter } = createRequire(join(folder, "index.js"))("microsoft-partnercenter")

async function main() {
    const found = {}
    for (const [name, authentication] of Object.entries(settings.ways)) {
        const center = new MicrosoftPartnerCenter({ partnerDomain: settings.tenant, authentication })
        const customers = await center.getAllCustomers()
        const subscriptions = {}
        for (const customer of customers.slice(0, settings.look)) {
            subscriptions[customer.id] = await center.getCustomerSubscriptions(customer.id)
        }
        const invoices = await center.getInvoices()
        const document = await center.getInvoicePDF(invoices[0].id)
        found[name] = { customers, subscriptions, invoices, document: Buffer.from(document).toString("latin1").slice(0, 5) }
        if (authentication.refreshToken) {
            found[name].sheet = await center.getPriceSheet(settings.priceType, "US")
        }
    }
    try {
        await new MicrosoftPartnerCenter({ partnerDomain: settings.tenant, authentication: settings.wrong }).getAllCustomers()
    } catch (error) {
        found.refused = error.message
    }
    process.stdout.write(JSON.stringify(found))
}

main().catch((error) => {
    process.stderr.write(String(error.stack || error) + JSON.stringify(error.response?.data ?? "") + "\n")
    process.exit(1)
})
