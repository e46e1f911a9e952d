namespace KeyService.Fuzz;

/// <summary>A parser took what it must not take, or made something else of it than it should.</summary>
internal sealed class BrokenRuleException(string message) : Exception(message);
