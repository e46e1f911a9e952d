using Google.Protobuf.Reflection;
using KeyService.Standins.Tests.Library;
using KeyService.Standins.Tests.WrongRules;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

namespace KeyService.Standins.Tests.Transcoding;

public sealed class HttpRuleTests
{
    [Theory]
    [InlineData("NoPattern", "no HTTP method and path")]
    [InlineData("BadTemplate", "'}' is missing")]
    [InlineData("UnknownVariable", "nome is no field")]
    [InlineData("MessageVariable", "inner is no field")]
    [InlineData("RepeatedVariable", "names is no field")]
    [InlineData("UnknownBody", "body names bady")]
    [InlineData("UnknownResponseBody", "response_body names nome")]
    [InlineData("NestedAdditional", "additional_bindings do not nest")]
    public void Wrong_rule_is_refused_with_the_method_and_the_reason(string method, string reason)
    {
        var descriptor = WrongRulesReflection.Descriptor.Services.Single().FindMethodByName(method);
        var message = Assert.Throws<InvalidOperationException>(() => HttpRuleReader.Bindings(descriptor)).Message;
        Assert.Contains($"keyservice.standins.tests.wrong.WrongRules.{method}", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule_and_its_additional_bindings_are_read_in_order()
    {
        var bindings = HttpRuleReader.Bindings(Method("GetBook"));
        Assert.Equal(
            ["GET /v1/books/{name}", "GET /v1/{title.text=shelves/*/books/*}", "GET /v1/files/{name=**}", "REPORT /v1/books/{name}"],
            bindings.Select(each => $"{each.Binding.HttpMethod} {each.Binding.Template.Text}"));
    }

    [Fact]
    public void Method_without_a_rule_has_no_binding() => Assert.Empty(HttpRuleReader.Bindings(Method("NotOverHttp")));

    private static MethodDescriptor Method(string name) => LibraryReflection.Descriptor.Services.Single().FindMethodByName(name);
}
