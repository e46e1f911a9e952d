namespace KeyService.Core.Providers;

/// <summary>The provider's own reference to a key (ARN, key URL, CKA_ID in hex). Opaque to everyone but that provider.</summary>
public readonly record struct KeyHandle(string Value)
{
    public override string ToString() => Value;
}
