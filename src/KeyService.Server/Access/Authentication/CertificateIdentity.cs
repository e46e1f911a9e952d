using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace KeyService.Server.Access.Authentication;

/// <summary>Whom a client certificate, already trusted, is about: its SPIFFE ID, else its DNS names, else its subject.</summary>
internal static class CertificateIdentity
{
    private const string AlternativeNames = "2.5.29.17";
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2); // RFC 5280 §4.2.1.6
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);

    /// <returns>Null where it does not say clearly whom it is about.</returns>
    public static Caller? Of(X509Certificate2 certificate)
    {
        try
        {
            var (uris, names) = Read(certificate);
            // X509-SVID §2: exactly one URI. With another beside it, whose certificate it is would be a matter of taste.
            if (uris.Exists(uri => uri.StartsWith(SpiffeId.Scheme, StringComparison.OrdinalIgnoreCase)))
                return uris is [var id] && SpiffeId.IsId(id) ? Caller.Spiffe(id) : null;
            if (names.Count > 0)
                return Caller.Dns(names);
            return certificate.SubjectName.RawData.Length > 2 ? Caller.Subject(certificate.SubjectName) : null; // 2: the empty sequence
        }
        catch (AsnContentException) // what cannot be read names nobody
        {
            return null;
        }
    }

    private static (List<string> Uris, List<string> DnsNames) Read(X509Certificate2 certificate)
    {
        List<string> uris = [], names = [];
        foreach (var extension in certificate.Extensions.Where(extension => extension.Oid?.Value == AlternativeNames))
        {
            var sequence = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                var tag = sequence.PeekTag();
                if (tag.HasSameClassAndValue(Uri))
                    uris.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, Uri));
                else if (tag.HasSameClassAndValue(DnsName))
                    names.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, DnsName).ToLowerInvariant());
                else
                    sequence.ReadEncodedValue();
            }
        }

        return (uris, names);
    }
}
