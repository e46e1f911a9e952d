namespace KeyService.Server.Access.Decisions;

/// <summary>Why a token may not be signed.</summary>
/// <param name="Field">The request's field at fault.</param>
/// <param name="Sentence">For people; holds no value of the policy and none of the claims.</param>
internal sealed record ClaimFault(string Field, string Sentence);
