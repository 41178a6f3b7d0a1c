"""Signing in at Entra, Microsoft's keeper of accounts, for Partner Center, Graph, pricing and Business Central."""

from connector.adapters.entra.claims import Granted, granted
from connector.adapters.entra.credentials import ClientCertificate, ClientSecret, Credential, ends_at
from connector.adapters.entra.refusals import AccessDenied, CredentialRefused, explained_by_api
from connector.adapters.entra.sign_in import WORLDWIDE, Bearer, EntraSignIn

__all__ = [
    "WORLDWIDE",
    "AccessDenied",
    "Bearer",
    "ClientCertificate",
    "ClientSecret",
    "Credential",
    "CredentialRefused",
    "EntraSignIn",
    "Granted",
    "ends_at",
    "explained_by_api",
    "granted",
]
