using KeyService.Core;

namespace KeyService.Server.Doctor;

/// <summary>A step that failed. The causes are the vendor's own words: the reader is the operator.</summary>
internal sealed record Failure(string Step, string Error, string Message, IReadOnlyList<string> Causes)
{
    public static Failure Of(string step, KeyServiceException failure)
    {
        var causes = new List<string>();
        for (var cause = failure.InnerException; cause is not null; cause = cause.InnerException)
            causes.Add(cause.Message);
        return new Failure(step, failure.Error.ToString(), failure.Message, causes);
    }
}
