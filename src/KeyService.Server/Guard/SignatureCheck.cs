namespace KeyService.Server.Guard;

/// <summary>Which signatures are verified here before a caller gets them. Setting <c>VerifySignatures</c>.</summary>
internal enum SignatureCheck
{
    Always,

    /// <summary>One in <see cref="LocalVerification.SampleOneIn"/>, and each for a while once one was bad.</summary>
    Sampled,
    Off,
}
