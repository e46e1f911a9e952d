using Google.Protobuf;
using Google.Rpc;
using KeyService.Protos.V1;

namespace KeyService.Server.Tests.BadInput;

/// <summary>Bad items of a batch fail by themselves, each as the single call would.</summary>
public sealed class BatchBadInputTests(StrictServer strict) : IClassFixture<StrictServer>
{
    [Fact]
    public async Task Bad_items_do_not_hold_up_the_good_ones()
    {
        var good = new SignBatchItem { Message = ByteString.CopyFromUtf8("good") };
        var answer = await strict.Server.Grpc.SignBatchAsync(new SignBatchRequest
        {
            KeySet = "default",
            Items =
            {
                good,
                new SignBatchItem(),
                new SignBatchItem { Digest = ByteString.CopyFrom(new byte[31]) },
                new SignBatchItem { Message = ByteString.CopyFromUtf8("a"), Algorithm = "HS256" },
                new SignBatchItem { Message = ByteString.CopyFromUtf8("a"), Algorithm = "PS256" },
                new SignBatchItem { Message = ByteString.CopyFromUtf8("a"), Kid = new string('A', 43) },
                good,
            },
        });

        Assert.Equal(
            ["", "INVALID_ARGUMENT items[1].message", "INVALID_ARGUMENT items[2].digest", "INVALID_ARGUMENT items[3].algorithm",
                "ALGORITHM_NOT_OFFERED items[4].algorithm", "KID_NOT_ACTIVE items[5].kid", ""],
            answer.Results.Select(Describe));
        Assert.All(answer.Results.Where(result => result.Error is null), result => Assert.Equal(64, result.Signed.Signature.Length));
    }

    [Fact]
    public async Task A_batch_for_an_absent_set_fails_item_by_item()
    {
        var answer = await strict.Server.Grpc.SignBatchAsync(
            new SignBatchRequest { KeySet = "absent", Items = { new SignBatchItem { Message = ByteString.CopyFromUtf8("a") } } });
        Assert.Equal("KEY_SET_NOT_FOUND items[0].key_set", Describe(Assert.Single(answer.Results)));
    }

    private static string Describe(SignBatchResult result) => result.Error is not { } error
        ? ""
        : $"{error.Details[0].Unpack<ErrorInfo>().Reason} {error.Details[1].Unpack<BadRequest>().FieldViolations.Single().Field}";
}
