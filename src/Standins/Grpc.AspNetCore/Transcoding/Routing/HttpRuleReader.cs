using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>Reads and checks the google.api.http option of a method. A wrong option stops the start, not a call.</summary>
internal static class HttpRuleReader
{
    /// <summary>The method's bindings; none without the option.</summary>
    /// <exception cref="InvalidOperationException">Names the method and what is wrong with its option.</exception>
    public static IReadOnlyList<(HttpRule Rule, TranscodingBinding Binding)> Bindings(MethodDescriptor method)
    {
        var rule = method.GetOptions()?.GetExtension(AnnotationsExtensions.Http);
        if (rule is null)
            return [];
        if (rule.AdditionalBindings.Any(additional => additional.AdditionalBindings.Count > 0))
            throw Wrong(method, "additional_bindings do not nest");
        return [.. rule.AdditionalBindings.Prepend(rule).Select(each => (each, Binding(method, each)))];
    }

    private static TranscodingBinding Binding(MethodDescriptor method, HttpRule rule)
    {
        var (httpMethod, path) = Pattern(method, rule);
        var template = ParseTemplate(method, path);
        var wholeBody = rule.Body == "*";
        return new TranscodingBinding(
            httpMethod,
            template,
            [.. template.Variables.Select(variable => PathField(method, variable))],
            HasBody: rule.Body.Length > 0,
            BodyField: wholeBody ? null : TopField(method, method.InputType, rule.Body, "body"),
            ResponseField: TopField(method, method.OutputType, rule.ResponseBody, "response_body"));
    }

    private static (string HttpMethod, string Path) Pattern(MethodDescriptor method, HttpRule rule) => rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => ("GET", rule.Get),
        HttpRule.PatternOneofCase.Put => ("PUT", rule.Put),
        HttpRule.PatternOneofCase.Post => ("POST", rule.Post),
        HttpRule.PatternOneofCase.Delete => ("DELETE", rule.Delete),
        HttpRule.PatternOneofCase.Patch => ("PATCH", rule.Patch),
        HttpRule.PatternOneofCase.Custom when rule.Custom.Kind.Length > 0 => (rule.Custom.Kind, rule.Custom.Path),
        _ => throw Wrong(method, "it has no HTTP method and path"),
    };

    private static PathTemplate ParseTemplate(MethodDescriptor method, string path)
    {
        try
        {
            return PathTemplate.Parse(path);
        }
        catch (FormatException e)
        {
            throw Wrong(method, e.Message, e);
        }
    }

    private static FieldPath PathField(MethodDescriptor method, PathVariable variable) =>
        FieldPath.Find(method.InputType, variable.FieldPath) is { Leaf.IsRepeated: false } field && FieldText.CanHold(field.Leaf)
            ? field
            : throw Wrong(method, $"{variable.FieldPath} is no field of {method.InputType.FullName} that a path can fill");

    private static FieldDescriptor? TopField(MethodDescriptor method, MessageDescriptor message, string name, string option) =>
        name.Length == 0 ? null
            : message.FindFieldByName(name) ?? throw Wrong(method, $"{option} names {name}, which {message.FullName} does not have");

    private static InvalidOperationException Wrong(MethodDescriptor method, string what, Exception? inner = null) =>
        new($"The google.api.http option of {method.FullName} is wrong: {what}.", inner);
}
