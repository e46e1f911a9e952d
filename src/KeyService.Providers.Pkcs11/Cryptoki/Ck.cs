namespace KeyService.Providers.Pkcs11.Cryptoki;

/// <summary>The constants of PKCS#11 that we use, by the names the standard gives them less the prefix.</summary>
internal static class Ck
{
    /// <summary>CK_UNAVAILABLE_INFORMATION: an attribute's length where its value is not to be had.</summary>
    public static readonly nuint Unavailable = nuint.MaxValue;

    public static class Flag
    {
        public const nuint OsLockingOk = 0x2;
        public const nuint RwSession = 0x2;
        public const nuint SerialSession = 0x4;
        public const nuint ClockOnToken = 0x40;
        public const nuint UserPinLocked = 0x40000;
        public const nuint TokenInitialized = 0x400;
    }

    public const nuint UserTypeUser = 1;

    public static class State
    {
        public const nuint ReadOnlyUser = 1;
        public const nuint ReadWriteUser = 3;
    }

    public static class ObjectClass
    {
        public const nuint PublicKey = 2;
        public const nuint PrivateKey = 3;
    }

    public static class KeyType
    {
        public const nuint Rsa = 0x0;
        public const nuint Ec = 0x3;
        public const nuint EcEdwards = 0x40;
    }

    public static class Mechanism
    {
        public const nuint RsaPkcsKeyPairGen = 0x0;
        public const nuint RsaPkcs = 0x1;
        public const nuint RsaPkcsPss = 0xD;
        public const nuint Sha256 = 0x250;
        public const nuint Sha384 = 0x260;
        public const nuint Sha512 = 0x270;
        public const nuint EcKeyPairGen = 0x1040;
        public const nuint Ecdsa = 0x1041;
        public const nuint EcEdwardsKeyPairGen = 0x1055;
        public const nuint EdDsa = 0x1057;
    }

    public static class Mgf
    {
        public const nuint Sha256 = 2;
        public const nuint Sha384 = 3;
        public const nuint Sha512 = 4;
    }

    public static class Attribute
    {
        public const nuint Class = 0x0;
        public const nuint Token = 0x1;
        public const nuint Private = 0x2;
        public const nuint Label = 0x3;
        public const nuint KeyType = 0x100;
        public const nuint Id = 0x102;
        public const nuint Sensitive = 0x103;
        public const nuint Decrypt = 0x105;
        public const nuint Unwrap = 0x107;
        public const nuint Sign = 0x108;
        public const nuint Verify = 0x10A;
        public const nuint Derive = 0x10C;
        public const nuint Modulus = 0x120;
        public const nuint ModulusBits = 0x121;
        public const nuint PublicExponent = 0x122;
        public const nuint PrivateExponent = 0x123;
        public const nuint Value = 0x11;
        public const nuint Extractable = 0x162;
        public const nuint Local = 0x163;
        public const nuint NeverExtractable = 0x164;
        public const nuint AlwaysSensitive = 0x165;
        public const nuint EcParams = 0x180;
        public const nuint EcPoint = 0x181;
    }
}
