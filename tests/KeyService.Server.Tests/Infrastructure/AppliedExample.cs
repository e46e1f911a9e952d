using System.Text.Json;
using KeyService.Testing;
using KeyService.Testing.Aws;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>infra/terraform/examples/aws as it is, applied to an account of moto's.</summary>
public sealed class AppliedExample : IAsyncLifetime
{
    public const string Folder = "examples/aws";
    public const string Workload = "workload";

    private readonly TemporaryDirectory _data = new();
    private readonly Dictionary<string, string> _environment = [];
    private TerraformFolder? _terraform;

    /// <summary>Why it was not applied; null where it was.</summary>
    public string? Unready { get; private set; }

    public MotoServer Moto { get; private set; } = null!; // set by InitializeAsync, which xUnit awaits

    public MotoIam Iam { get; private set; } = null!; // likewise

    /// <summary>Whom the service runs as: a user who may assume roles and nothing else.</summary>
    public AwsAccessKey WorkloadKey { get; private set; } = null!; // likewise

    /// <summary>Who looks at keys from outside.</summary>
    public AwsAccessKey AuditorKey { get; private set; } = null!; // likewise

    public string RoleArn { get; private set; } = "";

    /// <summary>What the role may do, as moto can decide it: it takes every call to KMS for one on the resource *.</summary>
    public IReadOnlyList<string> Rights { get; private set; } = [];

    /// <summary>The settings file that terraform gave.</summary>
    public string Settings => _data["keyservice.json"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (TerraformFolder.Program is null)
            return; // the tests are skipped
        Moto = await MotoServer.StartAsync(Cancelled);
        Iam = new MotoIam(Moto);
        WorkloadKey = await Iam.AddUserAsync(Workload, Policies.Allowing(["sts:AssumeRole"]), Cancelled);
        AuditorKey = await Iam.AddUserAsync("auditor", Policies.Allowing(["kms:ListKeys", "kms:ListResourceTags", "kms:DescribeKey"]), Cancelled);
        _environment["AWS_ENDPOINT_URL"] = Moto.Endpoint.OriginalString;
        _environment["AWS_ACCESS_KEY_ID"] = _environment["AWS_SECRET_ACCESS_KEY"] = "test";
        _environment["TF_VAR_region"] = AwsKmsServer.Region;
        _environment["TF_VAR_trusted_arns"] = $"""["arn:aws:iam::123456789012:user/{Workload}"]""";
        _environment["TF_VAR_kms_endpoint"] = _environment["TF_VAR_sts_endpoint"] = Moto.Endpoint.OriginalString;
        _environment["TF_VAR_sqlite_path"] = _data["keyservice.db"];
        _environment["TF_VAR_key_sets"] = """{"default": {"retention": "0s"}}""";
        _terraform = TerraformFolder.Create();
        Unready = await _terraform.InitializeAsync(Folder);
        if (Unready is not null)
            return;
        await RunAsync("apply", "-auto-approve");

        using var outputs = JsonDocument.Parse(await RunAsync("output", "-json"));
        await File.WriteAllTextAsync(Settings, Output("settings").GetRawText(), Cancelled);
        RoleArn = Output("role_arn").GetString()!; // an output of the example
        Rights = Policies.ActionsOf(Output("policy_json").GetString()!); // likewise

        JsonElement Output(string name) => outputs.RootElement.GetProperty(name).GetProperty("value");
    }

    public Task<string> RunAsync(params string[] arguments) =>
        (_terraform ?? throw new InvalidOperationException("There is no terraform.")).SucceedAsync(Folder, arguments, _environment);

    public ValueTask DisposeAsync()
    {
        Iam?.Dispose();
        Moto?.Dispose();
        _terraform?.Dispose();
        _data.Dispose();
        return ValueTask.CompletedTask;
    }
}
