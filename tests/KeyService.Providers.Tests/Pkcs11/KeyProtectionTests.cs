using System.Globalization;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Keys;
using KeyService.Providers.Pkcs11.Tokens;
using KeyService.Testing;
using static KeyService.Providers.Tests.Pkcs11.FaultyModule;

namespace KeyService.Providers.Tests.Pkcs11;

/// <summary>That private keys stay where they were made, and that what a token says about them is not believed unread.</summary>
public sealed class KeyProtectionTests(SoftHsmFixture softHsm) : FaultyModuleTests(softHsm)
{
    [Theory]
    [InlineData("RS256", "rsa")]
    [InlineData("ES256", "ec")]
    [InlineData("Ed25519", "ed")]
    public async Task Another_program_with_the_pin_cannot_read_the_private_key(string name, string label)
    {
        Assert.True(SigningAlgorithm.TryParse(name, out var algorithm));
        ProviderKey key;
        await using (var provider = TestProviders.On(Shared.Module, Shared.Second))
            key = await provider.CreateKeyAsync(label, new KeySpec(algorithm, algorithm.KeyType == "RSA" ? 2048 : 0), Cancellation);

        string[] login = ["--module", Shared.Module, "--token-label", Shared.Second.Label, "--login", "--pin", Shared.Second.Pin];
        var listing = await ToolAsync(Shared.Environment, [.. login, "--list-objects", "--type", "privkey", "--id", key.Handle.Value]);
        Assert.Equal(0, listing.ExitCode);
        Assert.Contains("sensitive, always sensitive, never extractable, local", listing.Output, StringComparison.Ordinal);

        var target = Path.Combine(Shared.Folder, label + ".private");
        var reading = await ToolAsync(Shared.Environment, [.. login, "--read-object", "--type", "privkey", "--id", key.Handle.Value, "--output-file", target]);
        Assert.NotEqual("", reading.Output); // it says why; its exit code is 0 all the same
        Assert.True(!File.Exists(target) || new FileInfo(target).Length == 0);
    }

    [Fact]
    public async Task The_module_gives_no_private_value_away_and_the_flags_say_so()
    {
        var (provider, key) = await ProviderWithKeyAsync();
        await provider.DisposeAsync();
        var module = Pkcs11Module.Acquire(Module.Path, initArgs: null);
        await module.EnsureInitializedAsync(broken: 0, TimeSpan.FromSeconds(10), TimeProvider.System, Cancellation);
        try
        {
            var options = new Pkcs11Options { Module = Module.Path, TokenLabel = Token.Label, PinFile = Token.PinFile };
            var connection = TokenConnection.Open(module, options, new UserPin(Token.PinFile));
            var session = TokenSession.Open(connection, readWrite: false);
            var privateKey = KeyPairs.Open(session, key.Handle).Object;
            Assert.NotNull(Read(Ck.Attribute.EcParams));
            Assert.Null(Read(Ck.Attribute.Value));
            Assert.True(Flag(Ck.Attribute.Sensitive));
            Assert.False(Flag(Ck.Attribute.Extractable));
            Assert.True(Flag(Ck.Attribute.AlwaysSensitive));
            Assert.True(Flag(Ck.Attribute.NeverExtractable));
            Assert.False(Flag(Ck.Attribute.Derive));

            byte[]? Read(nuint attribute) => KeyObjects.TryRead(session, privateKey, attribute);
            bool? Flag(nuint attribute) => KeyObjects.TryReadFlag(session, privateKey, attribute);
        }
        finally
        {
            await module.ReleaseAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
        }
    }

    [Theory]
    [InlineData(0x162, true)] // EXTRACTABLE
    [InlineData(0x103, false)] // SENSITIVE
    [InlineData(0x165, false)] // ALWAYS_SENSITIVE
    [InlineData(0x164, false)] // NEVER_EXTRACTABLE
    [InlineData(0x163, false)] // LOCAL
    [InlineData(0x2, false)] // PRIVATE
    [InlineData(0x1, false)] // TOKEN
    public async Task A_pair_whose_flags_read_back_wrong_is_refused_and_destroyed(int attribute, bool value)
    {
        var provider = NewProvider();
        Module.Lie((nuint)attribute, value);
        var failure = await FailureAsync(() => provider.CreateEs256Async("key", Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        Module.Lie(nuint.MaxValue, value);
        Assert.Empty(await provider.FindKeysAsync("", Cancellation));
        await provider.CreateEs256Async("key", Cancellation);
    }

    [Theory]
    [InlineData(0x163)] // LOCAL
    [InlineData(0x165)] // ALWAYS_SENSITIVE
    public async Task A_flag_that_the_token_does_not_know_is_no_failure(int attribute)
    {
        Module.HideAttribute((nuint)attribute);
        var provider = NewProvider();
        var key = await provider.CreateEs256Async("key", Cancellation);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
    }

    [Theory]
    [InlineData(0x103)] // SENSITIVE
    [InlineData(0x162)] // EXTRACTABLE
    public async Task A_token_that_does_not_tell_whether_the_key_can_leave_is_refused(int attribute)
    {
        Module.HideAttribute((nuint)attribute);
        var failure = await FailureAsync(() => NewProvider().CreateEs256Async("key", Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
    }

    [Theory]
    [InlineData("ES256")]
    [InlineData("ES512")]
    [InlineData("Ed25519")]
    public async Task A_public_point_that_is_not_on_its_curve_is_refused_and_the_pair_destroyed(string name)
    {
        Assert.True(SigningAlgorithm.TryParse(name, out var algorithm));
        var provider = NewProvider();
        Module.SpoilPoints(true);
        var refused = 0;
        for (var i = 0; i < (name == "Ed25519" ? 16 : 1); i++) // every other spoiled y of edwards25519 is another point's
        {
            try
            {
                var key = await provider.CreateKeyAsync("key", new KeySpec(algorithm, 0), Cancellation);
                await provider.DestroyKeyAsync(key.Handle, Cancellation);
            }
            catch (KeyServiceException failure)
            {
                Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
                refused++;
            }
        }

        Assert.NotEqual(0, refused);
        Module.SpoilPoints(false);
        Assert.Empty(await provider.FindKeysAsync("", Cancellation));
    }

    [Theory]
    [InlineData("pubkey")] // what is left then is the private object
    [InlineData("privkey")]
    public async Task Half_a_pair_left_by_a_crash_is_replaced_by_a_whole_one(string lost)
    {
        var provider = NewProvider();
        var key = await provider.CreateEs256Async("key", Cancellation);
        await provider.DisposeAsync();
        var deletion = await ToolAsync(Module.SoftHsm.Environment, [
            "--module", Shared.Module, "--token-label", Token.Label, "--login", "--pin", Token.Pin,
            "--delete-object", "--type", lost, "--id", key.Handle.Value]);
        Assert.Equal(0, deletion.ExitCode);

        var next = NewProvider();
        var remains = Assert.Single(await next.FindKeysAsync("key", Cancellation));
        Assert.Equal((key.Handle, true), (remains.Handle, remains.SubjectPublicKeyInfo.IsEmpty));
        var replaced = await next.CreateEs256Async("key", Cancellation);
        Assert.NotEqual(key.Handle, replaced.Handle);
        Assert.Equal(replaced.Handle, Assert.Single(await next.FindKeysAsync("key", Cancellation)).Handle);
        Assert.Equal(64, (await next.SignEs256Async(replaced, Cancellation)).Length);
    }

    /// <summary>The files are what SoftHSM 2.6.1 had written when a process was killed within C_GenerateKeyPair.</summary>
    [Fact]
    public async Task Blank_objects_left_by_a_killed_process_are_removed_before_the_next_key_is_made()
    {
        var token = Assert.Single(Directory.GetDirectories(Path.Combine(Module.SoftHsm.Folder, "tokens")));
        foreach (var blank in (string[])["blank-private.object", "blank-public.object"])
            File.Copy(Repository.PathOf("tests", "KeyService.Providers.Tests", "native", blank), Path.Combine(token, $"{Guid.NewGuid()}.object"));
        Assert.Equal((1, 1), (await CountAsync("privkey"), await CountAsync("pubkey")));

        var provider = NewProvider();
        var key = await provider.CreateEs256Async("key", Cancellation);
        Assert.Equal((1, 1), (await CountAsync("privkey"), await CountAsync("pubkey")));
        await provider.DestroyKeyAsync(key.Handle, Cancellation);
        Assert.Equal((0, 0), (await CountAsync("privkey"), await CountAsync("pubkey")));

        async Task<int> CountAsync(string type)
        {
            var listing = await ToolAsync(Module.SoftHsm.Environment, [
                "--module", Shared.Module, "--token-label", Token.Label, "--login", "--pin", Token.Pin, "--list-objects", "--type", type]);
            Assert.Equal(0, listing.ExitCode);
            return listing.Lines.Count(static line => line.Contains("Key Object", StringComparison.Ordinal));
        }
    }

    /// <summary>
    /// SoftHSM writes a new object attribute by attribute: a generation number, then for each its type, its kind and its value, eight
    /// bytes each. A process can be killed between any two.
    /// </summary>
    [Theory]
    [InlineData("1")]
    [InlineData("2, 256 2 3")]
    [InlineData("3, 0 2 2, 256 2 3")]
    [InlineData("3, 0 2 3, 256 2 3")]
    [InlineData("4, 0 2 3, 3 3 0, 256 2 3")]
    public async Task An_object_cut_off_at_any_attribute_is_removed_before_the_next_key_is_made(string written)
    {
        var token = Assert.Single(Directory.GetDirectories(Path.Combine(Module.SoftHsm.Folder, "tokens")));
        var bytes = new List<byte>();
        foreach (var number in written.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
            bytes.AddRange(BitConverter.GetBytes(ulong.Parse(number, CultureInfo.InvariantCulture)).Reverse());
        var blank = Path.Combine(token, $"{Guid.NewGuid()}.object");
        await File.WriteAllBytesAsync(blank, [.. bytes], Cancellation);

        var provider = NewProvider();
        await provider.CreateEs256Async("key", Cancellation);
        Assert.False(File.Exists(blank));
        Assert.Equal(3, Directory.GetFiles(token, "*.object").Length); // the token's own, and the two halves
    }

    [Fact]
    public async Task Two_whole_pairs_under_one_label_are_an_error()
    {
        foreach (var id in (string[])["01", "02"])
        {
            var made = await ToolAsync(Module.SoftHsm.Environment, [
                "--module", Shared.Module, "--token-label", Token.Label, "--login", "--pin", Token.Pin,
                "--keypairgen", "--key-type", "EC:prime256v1", "--label", "key", "--id", id]);
            Assert.Equal(0, made.ExitCode);
        }

        var provider = NewProvider();
        var failure = await FailureAsync(() => provider.CreateEs256Async("key", Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        Assert.Equal(["01", "02"], (await provider.FindKeysAsync("key", Cancellation)).Select(static key => key.Handle.Value));
    }

    [Fact]
    public async Task An_algorithm_that_the_token_cannot_make_keys_for_is_refused_clearly()
    {
        var provider = NewProvider();
        Module.Fail(Function.GenerateKeyPair, CkReturn.MechanismInvalid, times: -1);
        var failure = await FailureAsync(() => provider.CreateKeyAsync("key", new KeySpec(SigningAlgorithm.Ed25519, 0), Cancellation));
        Assert.Equal(KeyServiceError.AlgorithmNotSupported, failure.Error);
        Assert.False(failure.IsTransient);
    }

    private static async Task<ProcessResult> ToolAsync(IReadOnlyDictionary<string, string> environment, string[] arguments) => await ProcessRun.RunAsync(
        "pkcs11-tool", arguments, TimeSpan.FromSeconds(30), environment: environment, cancellationToken: Cancellation);
}
