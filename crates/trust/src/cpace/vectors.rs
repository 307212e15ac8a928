//! What draft-irtf-cfrg-cpace-21 gives in its appendix for ristretto255 with SHA-512 in the initiator-responder setting, and for the
//! functions that put strings together. Names are the draft's.

pub const PREPEND_LEN: [(usize, &str); 2] = [(127, "7f"), (128, "8001")];
pub const LV_CAT: &str = "043132333401350003363738";
pub const TRANSCRIPT_IR: [([&[u8]; 2], &str); 2] = [
    ([b"123", b"234"], "03313233065061727479410332333406506172747942"),
    ([b"3456", b"2345"], "043334353606506172747941043233343506506172747942"),
];

pub const PRS: &[u8] = b"Password";
pub const CI: &[u8] = b"\x0bA_initiator\x0bB_responder";
pub const SID: &str = "7e4b4791d6a8ef019b936c79fb7f2c57";
pub const GENERATOR_STRING: &str = "11435061636552697374726574746f3235350850617373776f72646400000000000000000000000000000000000000000000000000000000\
     0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
     00000000000000000000000000000000180b415f696e69746961746f720b425f726573706f6e646572107e4b4791d6a8ef019b936c79fb7f2c57";
pub const HASH_RESULT: &str = "da6d3ddc8802fca9058755ffd3ebde08a9c2c74945901a258482a288b6663af0\
     6bf645c93cd1c51512307199c80e84908916d983b34af77205f90851a657ee27";
pub const G: &str = "222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56";

pub const YA: &str = "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08";
pub const SHARE_A: &str = "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157";
pub const YB: &str = "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d";
pub const SHARE_B: &str = "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258";
pub const K: &str = "80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f";
pub const TRANSCRIPT: &str = "20d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b915703414461\
     203ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f725803414462";
pub const ISK_IR: &str = "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd\
     2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447";

pub const S: &str = "7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05";
pub const X: &str = "2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c";
pub const PRODUCT: &str = "7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e";
pub const INVALID: [&str; 2] = [
    "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c",
    "0000000000000000000000000000000000000000000000000000000000000000",
];

/// The bytes of a vector.
pub fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "half a byte in {hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits")).collect()
}

/// The bytes of a vector of 32.
pub fn array(hex: &str) -> [u8; 32] {
    bytes(hex).try_into().expect("32 bytes")
}

/// Randomness that comes to a scalar of the draft: scalars are 64 bytes taken modulo the group's order.
pub fn randomness(scalar: &str) -> [u8; 64] {
    let mut randomness = [0; 64];
    randomness[..32].copy_from_slice(&bytes(scalar));
    randomness
}
