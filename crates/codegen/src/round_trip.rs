//! Tests that send every operation from the client to its mock and every declared answer back.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{File, Type, parse_quote, parse2};

use crate::Paths;
use crate::encoding;
use crate::enums;
use crate::fits::{self, Wanted};
use crate::mocks::examples::raw;
use crate::mocks::shapes::Shapes;
use crate::mocks::then::{Content, all, answer_method, content};
use crate::mocks::when::setter;
use crate::names::Status;
use crate::operations::{Body, Credentials, Location, Operation};
use crate::prepare::{Answer, Success, Writing};
use crate::print;
use crate::sample::{LINE, SEGMENT, Samples, TEXT, WORD};

/// No text in any encoding that is used.
const BYTES: &[u8] = b"\0\xff a body";

/// The source of a test for each operation.
pub(crate) fn round_trip(
    document: &Value,
    operations: &[Operation],
    shapes: &Shapes,
    paths: &Paths,
) -> syn::Result<String> {
    if operations.is_empty() {
        return Ok(String::new());
    }
    let client: syn::Path = syn::parse_str(&paths.client)?;
    let mocks: syn::Path = syn::parse_str(&paths.mocks)?;
    let head: File = parse_quote! {
        use #client as client;
        use #mocks as mocks;
        #[allow(unused_imports)]
        use #client::types;
        #[allow(unused_imports)]
        use ::tokenturn_client::Error;
        #[allow(unused_imports)]
        use ::tokenturn_client::runtime::serde_json;
        use ::tokenturn_httpmock::{MockServer, round_trip};
        use mocks::Mocks as _;
    };
    let mut source = print::source(head.items);
    let literals = RefCell::new(Literals {
        samples: Samples::new(document),
        known: HashMap::new(),
    });
    for operation in operations {
        let test = Test {
            document,
            operation,
            shapes,
            literals: &literals,
        };
        if let Some(test) = test.write() {
            source.push_str(&print::source(vec![parse2(test)?]));
        }
    }
    Ok(source)
}

/// The samples of schemas. Operations have many schemas in common.
struct Literals<'a> {
    samples: Samples<'a>,
    known: HashMap<(Value, &'static str), Rc<[TokenStream]>>,
}

impl Literals<'_> {
    fn of(&mut self, schema: &Value, text: &'static str) -> Rc<[TokenStream]> {
        let known = self.known.entry((schema.clone(), text));
        let samples = known.or_insert_with(|| {
            let samples = self.samples.of(schema, text);
            let texts = samples.iter().map(Value::to_string);
            texts.map(|text| raw(&text)).collect()
        });
        Rc::clone(samples)
    }
}

struct Test<'a> {
    document: &'a Value,
    operation: &'a Operation,
    shapes: &'a Shapes,
    literals: &'a RefCell<Literals<'a>>,
}

impl Test<'_> {
    /// None for an operation that cannot be called: no value fits what it needs.
    fn write(&self) -> Option<TokenStream> {
        let Self { operation, .. } = self;
        let (function, when, _) = crate::mocks::names(operation);
        let mut given = TokenStream::new();
        // As many as the part with the most alternatives has.
        let mut turns = 1;
        let mut sent = TokenStream::new();
        let mut expected = TokenStream::new();
        for parameter in &operation.parameters {
            let name = &parameter.argument;
            let Some(ty) = self.shapes.argument(operation, name) else {
                continue;
            };
            let text = match (parameter.location, parameter.styled.map(|one| one.style)) {
                (_, Some("Space" | "Pipe")) => WORD,
                (Location::Path, _) => SEGMENT,
                (Location::Query | Location::Cookie, _) => TEXT,
                (Location::Header, _) => LINE,
            };
            let (value, set) = (format_ident!("given_{name}"), format_ident!("{name}"));
            let samples = self.samples(&parameter.schema, text);
            let samples = samples.iter().map(|json| quote!(round_trip::sample(#json)));
            let samples: Vec<TokenStream> = samples.collect();
            turns = turns.max(samples.len());
            let sample = in_turn(&samples)?;
            let setter = setter(parameter);
            given.extend(quote!(let #value: #ty = #sample;));
            sent.extend(quote!(.#set(#value.clone())));
            expected.extend(quote!(.#setter(&#value)));
        }
        let body = self.operation.body.as_ref();
        let typed = body.zip(self.shapes.argument(operation, "body"));
        if let Some((body, ty)) = typed {
            let (value, argument, count) = self.body(body, ty)?;
            turns = turns.max(count);
            given.extend(value);
            sent.extend(quote!(.body(#argument)));
            expected.extend(quote!(.body(&given_body)));
        }
        let (transport, credentials) = match operation.credentials {
            Credentials::None => (quote!(none), None),
            Credentials::Basic => (
                quote!(basic),
                Some(quote!(.basic(round_trip::USER, round_trip::SECRET))),
            ),
            Credentials::Bearer | Credentials::Any => {
                (quote!(bearer), Some(quote!(.bearer(round_trip::SECRET))))
            }
        };
        let answers = all(operation).filter_map(|answer| self.answer(answer, &function));
        let mut exchange = quote! {
            let call = || client.#function()#sent.send();
            let fits = |when: mocks::#when| when #expected #credentials;
            #(#answers)*
        };
        if turns > 1 {
            exchange = each_turn(turns, quote!(#given #exchange));
            given = TokenStream::new();
        }
        Some(quote! {
            #[tokio::test]
            #[allow(clippy::clone_on_copy, clippy::needless_borrows_for_generic_args, irrefutable_let_patterns)]
            async fn #function() {
                #given
                let server = MockServer::start_async().await;
                let client = client::Client::new(round_trip::#transport(&server));
                #exchange
            }
        })
    }

    /// The statement that binds `given_body`, and what the client's builder gets.
    /// With them, how many bodies there are in turn.
    fn body(&self, body: &Body, ty: &Type) -> Option<(TokenStream, TokenStream, usize)> {
        if !body.writing.is_typed() {
            let is_text = body.writing == Writing::Text;
            let bytes = if is_text { TEXT.as_bytes() } else { BYTES };
            let bytes = Literal::byte_string(bytes);
            return Some((
                quote!(let given_body = #bytes;),
                quote!(given_body.to_vec()),
                1,
            ));
        }
        let values = match encoding::is_delimited(body) {
            true => self.values(&[], &body.schema, WORD),
            false => self.values(&body.examples, &body.schema, TEXT),
        };
        let value = in_turn(&values)?;
        Some((
            quote!(let given_body: #ty = #value;),
            quote!(given_body.clone()),
            values.len(),
        ))
    }

    /// The spec's own example, or else everything that the schema allows. Where the schema has
    /// alternatives, there is a value for each.
    fn values(&self, examples: &[Value], schema: &Value, text: &'static str) -> Vec<TokenStream> {
        let is_read = |example: &&Value| {
            fits::mismatch(self.document, schema, example, Wanted::Read).is_none()
        };
        let example = examples.iter().find(is_read).map(|example| {
            let json = raw(&example.to_string());
            quote!(round_trip::sample(#json))
        });
        let whole = self.samples(schema, text);
        // One that has only one shape says no more than the example.
        let is_known = example.is_some() && whole.len() == 1;
        let whole = whole.iter().filter(|_| !is_known);
        let whole = whole.map(|json| quote!(round_trip::whole(#json)));
        example.into_iter().chain(whole).collect()
    }

    fn samples(&self, schema: &Value, text: &'static str) -> Rc<[TokenStream]> {
        self.literals.borrow_mut().of(schema, text)
    }

    /// Mocks the answer, calls the operation, and looks at what arrived. None where there is no such answer.
    fn answer(&self, answer: &Answer, function: &Ident) -> Option<TokenStream> {
        let status = self.status(answer.status)?;
        let method = answer_method(answer.status);
        let literal = Literal::u16_unsuffixed(status);
        let chosen = match answer.status {
            Status::Code(_) => None,
            Status::Range(_) | Status::Default => Some(quote!(#literal,)),
        };
        let content = content(self.operation, answer, self.shapes);
        let mut turns = 1;
        let (given, body) = match &content {
            Content::Json(ty) => {
                let schema = answer.schema.as_ref().unwrap_or(&Value::Null);
                let values = self.values(&answer.examples, schema, TEXT);
                turns = values.len();
                let value = in_turn(&values)?;
                (
                    Some(quote!(let answer: #ty = #value;)),
                    Some(quote!(&answer)),
                )
            }
            Content::Bytes => {
                let bytes = Literal::byte_string(b"a,b\r\n1,2\r\n");
                (Some(quote!(let answer = #bytes;)), Some(quote!(answer)))
            }
            Content::Nothing => (None, None),
        };
        let check = if answer.status.is_success() {
            self.success(answer, &content)
        } else {
            self.failure(answer, &content)
        };
        let exchange = quote! {
                #given
                let mock = server.#function(|when, then| {
                    fits(when);
                    then.#method(#chosen #body);
                });
                let found = call().await;
                mock.assert();
                mock.delete();
                assert_eq!(round_trip::status(&found), #literal);
                #check
        };
        let exchanges = each_turn(turns, exchange);
        Some(quote!({ #exchanges }))
    }

    fn success(&self, answer: &Answer, content: &Content) -> TokenStream {
        let several = self.operation.answers.success() == Success::Several;
        let variant = several.then(|| {
            let name = format_ident!("{}", self.operation.type_name());
            let variant = enums::variant(answer);
            quote!(client::answers::#name::#variant)
        });
        let bytes = match content {
            Content::Bytes => Some(quote!(assert_eq!(found.body(), answer);)),
            _ => None,
        };
        let value = match (variant, content) {
            (None, Content::Json(_)) => quote!(round_trip::assert_same(&*found, &answer);),
            (None, _) => quote!(let () = found.into_inner();),
            (Some(variant), Content::Json(_)) => quote! {
                let #variant(found) = found.into_inner() else {
                    panic!("another variant")
                };
                round_trip::assert_same(&found, &answer);
            },
            (Some(variant), _) => quote!(assert!(matches!(found.into_inner(), #variant));),
        };
        quote! {
            let found = found.unwrap();
            #bytes
            #value
        }
    }

    fn failure(&self, answer: &Answer, content: &Content) -> TokenStream {
        let name = format_ident!("{}", self.operation.type_name());
        let variant = enums::variant(answer);
        let variant = quote!(client::errors::#name::#variant);
        let bytes = match content {
            Content::Bytes => Some(quote!(assert_eq!(found.body(), answer);)),
            _ => None,
        };
        let value = match content {
            Content::Json(_) => quote! {
                let #variant(found) = found.into_inner() else {
                    panic!("another variant")
                };
                round_trip::assert_same(&found, &answer);
            },
            _ => quote!(assert!(matches!(found.into_inner(), #variant));),
        };
        quote! {
            let Err(Error::ErrorResponse(found)) = found else {
                panic!("not the declared failure")
            };
            #bytes
            #value
        }
    }

    /// The status to answer with: of a range, or of `default`, one that nothing else is for. There
    /// is none for an answer that is not the last one.
    fn status(&self, status: Status) -> Option<u16> {
        let is_declared = |code: u16| all(self.operation).any(|a| a.status == Status::Code(code));
        let in_range =
            |code: u16| all(self.operation).any(|a| a.status == Status::Range(code / 100));
        match status {
            Status::Code(100..200) | Status::Range(1) => None,
            Status::Code(code) => Some(code),
            Status::Range(digit) => (digit * 100..digit * 100 + 100)
                .rev()
                .find(|code| !is_declared(*code)),
            Status::Default => (400..600)
                .rev()
                .find(|code| !is_declared(*code) && !in_range(*code)),
        }
    }
}

/// The value of each turn. Where there are more turns than values, they come again.
fn in_turn(values: &[TokenStream]) -> Option<TokenStream> {
    let (first, others) = values.split_first()?;
    if others.is_empty() {
        return Some(first.clone());
    }
    let count = Literal::usize_unsuffixed(values.len());
    let arms = others.iter().zip(1..).map(|(value, index)| {
        let index = Literal::usize_unsuffixed(index);
        quote!(#index => #value,)
    });
    Some(quote!(match turn % #count { #(#arms)* _ => #first }))
}

fn each_turn(turns: usize, exchange: TokenStream) -> TokenStream {
    let count = Literal::usize_unsuffixed(turns);
    match turns {
        0 | 1 => exchange,
        _ => quote!(for turn in 0..#count { #exchange }),
    }
}
