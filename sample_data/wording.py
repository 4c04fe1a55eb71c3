# ruff: noqa: E501 (a sentence on a line of its own is easier to mend than a wrapped one)
"""The sentences that the sample data is made of: every text, and no value.

`make_data.py` chooses among these at random and fills the `{slots}`. This room knows nothing of files, seeds
or records. Nothing here may look like personal data or a credential: what is planted comes from
`make_data.Mint` alone, so that the truth file can be complete.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """One support matter: variants of each turn, of which a conversation takes one each."""

    openings: tuple[str, ...]
    replies: tuple[str, ...]
    followups: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Recipe:
    """How values of some kinds are said: one sentence that plants one or two values beside an organisation's name.

    Attributes:
        slots: slot name to (entity type, kind that `make_data.Mint` can coin).
        domains: where such a sentence is at home.
        cores: (what a user says, what an agent says) pairs; an empty agent's side: only users say it.
        asks: how an agent asks for it.
        echoes: how an agent repeats it; empty where an agent would not.
        block: the core is a pasted block of lines rather than a clause.
    """

    slots: dict[str, tuple[str, str]]
    domains: tuple[str, ...]
    cores: tuple[tuple[str, str], ...]
    asks: tuple[str, ...]
    echoes: tuple[str, ...] = ()
    block: bool = False


BRANDS = {
    "telecom": ("Lumora Mobile", "Pinewave Broadband", "Ostrel Telecom"),
    "shop": ("Tidewick", "Marlow and Fern Home", "Packhorse Outdoor"),
    "bank": ("Corvane Bank", "Ashgrove Savings", "Meridon Credit Union"),
    "saas": ("Stacklane", "Ledgerloom", "Queueberry"),
}

SYSTEM_PROMPTS = {
    "telecom": (
        "You are a support agent for {brand}, a mobile and broadband provider. Be brief and friendly.",
        "You help customers of {brand} with contracts, bills and connection faults.",
        "Act as the first-line assistant of {brand}. Solve the problem or say who will.",
    ),
    "shop": (
        "You are the customer service assistant of the online shop {brand}.",
        "You answer questions about orders, deliveries and returns at {brand}. Keep a warm tone.",
        "Assist shoppers of {brand}. Offer a refund only where the return policy allows it.",
    ),
    "bank": (
        "You are a service representative of {brand}. Be precise and polite.",
        "You support customers of {brand} with cards, transfers and statements.",
        "Act as the {brand} help desk. Explain each step in plain words.",
    ),
    "saas": (
        "You are a support engineer at {brand}, a hosted platform for developers.",
        "You help {brand} customers with integrations, billing and access. Ask for logs where needed.",
        "Act as technical support for {brand}. Prefer short, concrete steps.",
    ),
}

FILLERS: dict[str, tuple[str, ...]] = {
    "product": (
        "kettle", "standing desk", "rain jacket", "desk lamp", "coffee grinder", "backpack", "office chair", "tent",
        "blender", "bookshelf", "rug", "headset",
    ),
    "plan": ("Basic", "Family", "Unlimited", "Starter", "Team", "Business", "Flex"),
    "amount": ("$12.40", "$19.99", "$34.50", "$48.00", "$75.25", "$120.00", "$210.80", "$8.75"),
    "n": ("two", "three", "four", "five", "six", "seven", "ten", "a dozen"),
    "error": ("401", "403", "404", "429", "500", "502", "503", "a timeout"),
    "feature": ("nightly export", "webhook", "billing sync", "search index", "mail importer", "report builder"),
}  # fmt: skip

TOPICS: dict[str, tuple[Topic, ...]] = {
    "telecom": (
        Topic(
            (
                "My internet has been dropping out every {n} minutes since the storm.",
                "The broadband light on the router keeps blinking and nothing loads.",
                "We lose the connection {n} times an evening and I work from home.",
            ),
            (
                "I'm sorry about the interruptions. I am running a line test right now.",
                "That sounds tiring. Let me look at the signal level on your line.",
                "Thanks for telling us. A line test will show whether the fault is outside the house.",
            ),
            ("I already restarted the router, it did not help.", "Should I change the cable first?"),
            (
                "The test shows noise on the line, so I have booked an engineer for you.",
                "Please keep the router on; I have moved you to a cleaner profile and it should settle within the hour.",
            ),
        ),
        Topic(
            (
                "My bill is {amount} higher than usual and I can't see why.",
                "There is a charge of {amount} on the last bill that nobody explained to me.",
                "Why am I paying {amount} extra on the {plan} plan?",
            ),
            (
                "Let me open the bill and check each line with you.",
                "I understand, surprises on a bill are annoying. I am looking at it now.",
                "Good question. I will compare this bill with the one before.",
            ),
            ("I never ordered any add-on.", "Can you take it off, please?"),
            (
                "It was a roaming add-on that was booked twice. I have credited {amount} to the next bill.",
                "The charge was wrong, and I have removed it. You will see the credit on the next bill.",
            ),
        ),
        Topic(
            (
                "I'd like to move my number to a new SIM because the old phone broke.",
                "I got a new phone and need an eSIM for it.",
                "The SIM that you sent me says it is not active yet.",
            ),
            (
                "I can activate that for you while we chat.",
                "No problem. First I need to find your line.",
                "Sure, a SIM swap takes about {n} minutes once I have confirmed the line.",
            ),
            ("Will I lose my voicemail?", "How long will I be without signal?"),
            (
                "The new SIM is active. Please switch the phone off and on once.",
                "Everything is moved over; the old SIM stops working shortly.",
            ),
        ),
        Topic(
            (
                "I want to change from the {plan} plan to something cheaper.",
                "Is there a smaller plan than {plan}? I hardly use any data.",
                "My contract ends soon and I would like to compare plans.",
            ),
            (
                "Happy to help you find a plan that fits. I'll look at your usage.",
                "Of course. You used very little data in recent months, so there is room to save.",
                "Let me see which plans are open to you without a fee.",
            ),
            ("Does that keep my old number?", "Is there a fee for changing early?"),
            (
                "There is no fee, and the number stays as it is. I have changed the plan.",
                "The {plan} plan would save you {amount} a month. I have made the change.",
            ),
        ),
        Topic(
            (
                "I keep getting calls from someone who pretends to be from your company.",
                "Somebody called me and wanted to read out my account details to check them.",
                "I think I answered a fake text about an unpaid bill.",
            ),
            (
                "Thank you for reporting it. We never ask for a full password by phone.",
                "I'm glad that you asked. I will put a note and an extra check on the account.",
                "Please don't worry, we can lock the account against changes straight away.",
            ),
            ("What if they have already changed something?", "Can you see whether anybody logged in?"),
            (
                "I see no changes in the log. I have added a spoken code word to the account.",
                "Nothing was changed, and from now on a second check is needed for each order.",
            ),
        ),
    ),
    "shop": (
        Topic(
            (
                "My {product} still has not arrived and the tracking has not moved.",
                "Where is my order? The {product} should have been here by now.",
                "The courier says that the {product} was delivered, but there is nothing at my door.",
            ),
            (
                "I'm sorry for the wait. I'll contact the courier right now.",
                "Let me trace the parcel for you.",
                "That should not happen. I will check where the parcel was scanned last.",
            ),
            ("I need it before we travel.", "Nobody rang the bell, I was at home all day."),
            (
                "It was left at the wrong depot. It goes out again with the next van.",
                "I have sent a replacement at no cost and closed the old shipment.",
            ),
        ),
        Topic(
            (
                "I would like to return the {product}, it is not what I expected.",
                "The {product} arrived damaged, one side is cracked.",
                "How do I send back a {product} that does not fit?",
            ),
            (
                "I'm sorry that it did not work out. Returns are free.",
                "Thanks for letting us know. I can prepare a return label.",
                "Of course. Would you like a refund or an exchange?",
            ),
            ("A refund, please.", "I'd rather have a new one."),
            (
                "The label is on its way, and the refund follows when the parcel is scanned.",
                "I have started the exchange. Please keep the original box if you can.",
            ),
        ),
        Topic(
            (
                "I was charged twice for the same {product}.",
                "There are two payments of {amount} for one order.",
                "The discount code was accepted, but I still paid the full price of {amount}.",
            ),
            (
                "Let me look at the payments on that order.",
                "That is not right, and I will sort it out.",
                "I understand. One of the two may be a reservation that has not dropped off yet.",
            ),
            ("When will I get the money back?", "My bank says that both went through."),
            (
                "I have refunded {amount}; banks usually need {n} days to show it.",
                "One was only a hold and is released now.",
            ),
        ),
        Topic(
            (
                "Can I still change the delivery address for the {product}?",
                "I typed the wrong house number when I ordered the {product}.",
                "We are moving, and the {product} should go to the new place.",
            ),
            (
                "If it has not left the warehouse I can change it for you.",
                "Let me see whether the parcel is packed yet.",
                "Sure, tell me what has to change.",
            ),
            ("Thank you, that would save me a trip.", "Will it still come on time?"),
            (
                "Done, the label is printed again and the date stays the same.",
                "The address is changed and you get a new confirmation.",
            ),
        ),
        Topic(
            (
                "I can't log in to the shop any more, the reset mail never comes.",
                "My account is locked after {n} attempts.",
                "The site says that my profile does not exist.",
            ),
            (
                "I can unlock it from here.",
                "Sorry about that. I'll check whether the mail bounced.",
                "Let me find the profile first.",
            ),
            ("I have checked the spam folder.", "I used the same login for years."),
            (
                "The profile is open again. Please choose a new password at the next login.",
                "The mail was blocked by the filter; I have sent it again.",
            ),
        ),
    ),
    "bank": (
        Topic(
            (
                "I don't recognise a payment of {amount} on my statement.",
                "Someone used my card for {amount} at a shop I have never been to.",
                "There is a strange card payment, can you block it?",
            ),
            (
                "I will block the card right away and open a dispute.",
                "Thank you for telling us quickly. Let me look at that payment.",
                "I understand the worry. First I'll make sure that nothing else goes out.",
            ),
            ("Do I need a new card?", "Will I get the money back?"),
            (
                "A new card is on its way, and the amount is credited while we look into it.",
                "The dispute is open. You will hear from us in {n} working days.",
            ),
        ),
        Topic(
            (
                "My transfer of {amount} has not arrived at the other bank.",
                "I sent money to the wrong payee by mistake.",
                "A standing order was not carried out this month.",
            ),
            (
                "Let me trace the transfer.",
                "I will check the status of the payment.",
                "I'm sorry, I'll see at which step it is held.",
            ),
            ("It is for the rent, so it is urgent.", "Can it be called back?"),
            (
                "It was held for a routine check and is released now.",
                "I have asked the other bank to return it.",
            ),
        ),
        Topic(
            (
                "I'd like to apply for a small loan and have questions about the form.",
                "The mortgage form rejects what I enter in the identity section.",
                "What do you need from me to open a joint account?",
            ),
            (
                "I can fill in the identity section with you.",
                "Gladly. I need a few details to match you with the credit file.",
                "We can complete it here in the secure chat.",
            ),
            ("Is my credit score affected by asking?", "How long does the decision take?"),
            (
                "Thank you, the form is complete and the decision comes by post.",
                "All matched. Asking alone does not change the score.",
            ),
        ),
        Topic(
            (
                "The app says that my details are out of date.",
                "I have moved and want to update my profile at the bank.",
                "Why do I have to confirm my details again?",
            ),
            (
                "It is a regular check that we have to make. It takes a minute.",
                "I can update the profile for you.",
                "Let's go through the profile together.",
            ),
            ("I did this last year already.", "Is that all you need?"),
            (
                "The profile is up to date again and the notice will disappear.",
                "Saved. You won't be asked again for a good while.",
            ),
        ),
        Topic(
            (
                "Online banking logs me out after a few seconds.",
                "I forgot my online banking password and the app wants a code.",
                "The code for logging in never reaches my phone.",
            ),
            (
                "Let me check how the codes are sent.",
                "I can reset the access for you.",
                "Sorry for the trouble, I'll look at the login log.",
            ),
            ("I changed phones recently.", "It worked yesterday."),
            (
                "Access is reset. Please log in once and register the phone again.",
                "The phone is registered; the next code should arrive in seconds.",
            ),
        ),
    ),
    "saas": (
        Topic(
            (
                "Our {feature} fails with {error} since the last deployment.",
                "We get {error} from the API whenever the {feature} starts.",
                "The {feature} stopped, and the log only says {error}.",
            ),
            (
                "Thanks for the report. Could you paste the configuration that the job uses?",
                "I can see the failed calls. Let me compare them with the settings.",
                "That status usually points to the credentials. Let's look at them.",
            ),
            ("Nothing changed on our side.", "It works on the staging system."),
            (
                "The key had lost its write scope. I restored it, please run the job again.",
                "I cleared the stuck queue; the next run should go through.",
            ),
        ),
        Topic(
            (
                "How do I rotate the key for the {feature} without downtime?",
                "A developer left, and we want to replace all keys.",
                "We committed a key by accident. What now?",
            ),
            (
                "Create the new key first, deploy it, and only then revoke the old one.",
                "Good that you ask. I can revoke the old one as soon as you tell me which it is.",
                "Please treat it as public. I will revoke it with you now.",
            ),
            ("Will running jobs break?", "Do we have to restart the workers?"),
            (
                "The old one is revoked. Running jobs pick up the new one by themselves.",
                "All done; the audit log shows no foreign use.",
            ),
        ),
        Topic(
            (
                "Our app can't connect to the hosted database any more.",
                "The connection pool is exhausted and the {feature} hangs.",
                "After the move to the new region the database refuses us.",
            ),
            (
                "Let me check the allow list and the number of open connections.",
                "Which connection settings does the app use?",
                "I'll look at the database log while you send me the settings.",
            ),
            ("We have {n} workers with one pool each.", "The same settings worked before."),
            (
                "The address was missing from the allow list. I have added it.",
                "I raised the limit for now; please lower the pool size in the app.",
            ),
        ),
        Topic(
            (
                "I need to invite {n} people to our workspace, but the button is grey.",
                "Single sign-on sends half of our team to the wrong workspace.",
                "Please reset the access for one of our admins.",
            ),
            (
                "I can do that from the admin side.",
                "Sure. I'll look at the roles in your workspace.",
                "The {plan} plan has a seat limit, let me check it.",
            ),
            ("We upgraded to {plan} already.", "Can you do it for the whole team?"),
            (
                "The seats are free now and the invitations went out.",
                "Access is reset and the old sessions are closed.",
            ),
        ),
        Topic(
            (
                "The invoice for the {plan} plan shows {amount} too much.",
                "We were billed for seats that we removed.",
                "Can the invoice be sent to our accounting team?",
            ),
            (
                "I'll open the billing page of your workspace.",
                "Let me compare the seats with the invoice.",
                "Of course, I only need to know which workspace it is.",
            ),
            ("We need it before the books are closed.", "Please correct the last one too."),
            (
                "I have issued a credit of {amount} and a corrected invoice.",
                "The invoice is corrected, and the next one will be right.",
            ),
        ),
    ),
}

GREETINGS = ("", "", "Hi! ", "Hello. ", "Hi there. ", "Good morning. ", "Hello team. ", "Hey there! ")
THANKS = (
    "Great, thank you.",
    "Perfect, that works now.",
    "Thanks a lot for the quick help.",
    "Okay, I will try that. Thank you!",
    "That was fast. Thanks.",
    "Wonderful, have a nice day.",
)
GOODBYES = (
    "You're welcome. Is there anything else?",
    "Glad that it works. Take care!",
    "My pleasure. Write to us any time.",
    "Thank you for your patience.",
    "Happy to help. Have a good day.",
)

USER_WRAPPERS = (
    "{Core}.",
    "For reference, {core}.",
    "Here you go: {core}.",
    "In case it helps, {core}.",
    "Just so that you have it, {core}.",
    "As I told your colleague, {core}.",
    "Sure, {core}.",
)
AGENT_WRAPPERS = (
    "I can see that {core}.",
    "Just to confirm, {core}.",
    "According to our records, {core}.",
    "For your notes, {core}.",
)
BLOCK_LEADS = (
    "This is what we have:",
    "I paste the file here:",
    "Here is the relevant part:",
    "Our settings are these:",
    "See below, copied from the server:",
)

EVERYWHERE = ("telecom", "shop", "bank", "saas")

RECIPES: dict[str, Recipe] = {
    "email": Recipe(
        {"email": ("EMAIL_ADDRESS", "email")},
        EVERYWHERE,
        (
            ("the login e-mail for {org} is {email}", "the login e-mail for {org} is {email}"),
            ("the invoices of {org} should go to {email}", "the invoices of {org} go to {email}"),
            ("the e-mail on the {org} profile is {email}", "the e-mail on the {org} profile is {email}"),
            ("you can write to {org} at {email}", "we can write to {org} at {email}"),
        ),
        ("Which e-mail is the profile under?", "Could you tell me the e-mail that you use with us?"),
        ("I have sent the confirmation to {email}.", "I found the profile of {email}."),
    ),
    "person_email": Recipe(
        {"person": ("PERSON", "person"), "email": ("EMAIL_ADDRESS", "work_email")},
        ("saas", "shop", "telecom"),
        (
            (
                "the admin at {org} is {person} and the e-mail is {email}",
                "the admin at {org} is {person} and the e-mail is {email}",
            ),
            (
                "I work at {org}, my name is {person}, and my e-mail is {email}",
                "the contact at {org} is {person} with the e-mail {email}",
            ),
            (
                "please copy {person} of {org} on this, the address is {email}",
                "we copied {person} of {org} on this at {email}",
            ),
        ),
        ("Who should have access, and with which e-mail?", "May I have your name and e-mail?"),
        ("I have written to {email}.", "Thank you, {person}."),
    ),
    "phone": Recipe(
        {"phone": ("PHONE_NUMBER", "phone")},
        EVERYWHERE,
        (
            ("the phone number for {org} is {phone}", "the phone number for {org} is {phone}"),
            ("you can call {org} back on {phone}", "we can call {org} back on {phone}"),
            (
                "the line of {org} that is affected is {phone}",
                "the line of {org} that is affected is {phone}",
            ),
        ),
        ("Which number can we call you on?", "What is the number of the line?"),
        ("We will ring {phone} this afternoon.", "Thanks, I have {phone} on file now."),
    ),
    "person_phone": Recipe(
        {"person": ("PERSON", "person"), "phone": ("PHONE_NUMBER", "phone")},
        EVERYWHERE,
        (
            (
                "the person to call at {org} is {person} on {phone}",
                "the person to call at {org} is {person} on {phone}",
            ),
            (
                "my name is {person}, I am with {org}, and my mobile is {phone}",
                "we have {person} of {org} with the mobile {phone}",
            ),
        ),
        ("Whom can we call, and on which number?", "May I have a name and a number for the call back?"),
        ("We will call {person}.", "A colleague will ring {phone} shortly."),
    ),
    "ssn": Recipe(
        {"ssn": ("US_SSN", "ssn")},
        ("bank", "telecom"),
        (
            (
                "the social security number on the {org} application is {ssn}",
                "the social security number on the {org} application is {ssn}",
            ),
            ("my SSN for the {org} credit check is {ssn}", "the SSN for the {org} credit check is {ssn}"),
            ("for the {org} payroll file my SSN is {ssn}", "in the {org} payroll file the SSN is {ssn}"),
        ),
        ("I need the social security number to match the file.", "Which SSN is on the application?"),
        ("I have matched {ssn} with the file.",),
    ),
    "card": Recipe(
        {"card": ("CREDIT_CARD", "card")},
        ("shop", "bank", "telecom"),
        (
            ("the card that {org} charged is {card}", "the card that {org} charged is {card}"),
            ("I paid {org} with the card {card}", "the payment to {org} was made with the card {card}"),
            ("the company card of {org} is {card}", "the company card of {org} is {card}"),
        ),
        ("Which card was used?", "Could you give me the card number so that I can find the payment?"),
        ("The card {card} is blocked now.", "I see the payment with {card}."),
    ),
    "iban": Recipe(
        {"iban": ("IBAN_CODE", "iban")},
        ("bank", "shop"),
        (
            ("the IBAN of {org} is {iban}", "the IBAN of {org} is {iban}"),
            (
                "please send the refund for {org} to {iban}",
                "the refund for {org} goes to {iban}",
            ),
            ("the payments to {org} come from {iban}", "the payments to {org} come from {iban}"),
        ),
        ("Which IBAN should the money go to?", "What is the IBAN of the other side?"),
        ("The transfer to {iban} is on its way.",),
    ),
    "person_address": Recipe(
        {"person": ("PERSON", "person"), "address": ("STREET_ADDRESS", "address")},
        ("shop", "telecom", "bank"),
        (
            (
                "the parcel for {org} goes to {person}, {address}",
                "the parcel for {org} goes to {person}, {address}",
            ),
            (
                "my name is {person}, I run {org}, and the new address is {address}",
                "the owner of {org} is {person} and the new address is {address}",
            ),
        ),
        ("What is the full name and address?", "Where should it go, and to whom?"),
        ("I have changed it to {address}.", "The label now says {person}."),
    ),
    "person_dob": Recipe(
        {"person": ("PERSON", "person"), "dob": ("DATE_OF_BIRTH", "dob")},
        ("bank", "telecom"),
        (
            (
                "the policy holder at {org} is {person}, date of birth {dob}",
                "the policy holder at {org} is {person}, date of birth {dob}",
            ),
            (
                "my name is {person}, I am with {org}, and I was born on {dob}",
                "the file of {org} has {person}, born on {dob}",
            ),
        ),
        ("For security, may I have the full name and the date of birth?",),
        ("Thank you, {person}, that matches.",),
    ),
    "account": Recipe(
        {"account": ("ACCOUNT_NUMBER", "account")},
        EVERYWHERE,
        (
            ("the account number of {org} is {account}", "the account number of {org} is {account}"),
            ("the customer number for {org} is {account}", "the customer number for {org} is {account}"),
            ("{org} is under account {account}", "{org} is under account {account}"),
        ),
        ("Could you give me the account number?", "Which customer number do you have with us?"),
        ("Thanks, I have opened account {account}.", "I see the note on {account}."),
    ),
    "person_account": Recipe(
        {"person": ("PERSON", "person"), "account": ("ACCOUNT_NUMBER", "account")},
        EVERYWHERE,
        (
            (
                "the account holder for {org} is {person} and the account number is {account}",
                "the account holder for {org} is {person} and the account number is {account}",
            ),
            (
                "I am calling for {org}, my name is {person}, account number {account}",
                "the file of {org} shows {person}, account number {account}",
            ),
        ),
        ("May I have the name and the account number?", "Who is the account holder, and what is the number?"),
        ("Thank you, {person}.", "I have account {account} open."),
    ),
    "order": Recipe(
        {"order": ("ORDER_NUMBER", "order")},
        ("shop", "telecom"),
        (
            ("the order number for {org} is {order}", "the order number for {org} is {order}"),
            ("it was bought for {org} with order {order}", "it was bought for {org} with order {order}"),
        ),
        ("What is the order number?", "Do you have the order number at hand?"),
        ("I see order {order} here.", "Order {order} is on its way again."),
    ),
    "ip": Recipe(
        {"ip": ("IP_ADDRESS", "ip")},
        ("saas", "telecom"),
        (
            ("the server of {org} has the address {ip}", "the server of {org} has the address {ip}"),
            ("all requests of {org} come from {ip}", "all requests of {org} come from {ip}"),
            ("the gateway of {org} answers on {ip}", "the gateway of {org} answers on {ip}"),
        ),
        ("Which IP address do you connect from?", "What is the address of the server?"),
        ("I have put {ip} on the allow list.",),
    ),
    "aws": Recipe(
        {"key_id": ("API_KEY", "aws_id"), "secret": ("API_KEY", "aws_secret")},
        ("saas",),
        (
            (
                "# {org} backup\nAWS_ACCESS_KEY_ID={key_id}\nAWS_SECRET_ACCESS_KEY={secret}\nAWS_REGION=eu-west-1",
                "",
            ),
            (
                "[{org}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\nregion = us-east-1",
                "",
            ),
        ),
        ("Could you paste the profile that the backup uses?", "Please show me the .env of the job."),
        ("The key {key_id} has no right to list the bucket.",),
        block=True,
    ),
    "github": Recipe(
        {"token": ("ACCESS_TOKEN", "github")},
        ("saas",),
        (
            ("the GitHub token of {org} is {token}", "the GitHub token of {org} is {token}"),
            ("the build of {org} logs in with {token}", "the build of {org} logs in with {token}"),
            ("the {org} runner has GITHUB_TOKEN={token}", "the {org} runner has GITHUB_TOKEN={token}"),
        ),
        ("Which token does the build use?", "Could you send me the token that fails?"),
        ("Please revoke {token} as soon as you can.",),
    ),
    "stripe": Recipe(
        {"key": ("API_KEY", "stripe")},
        ("saas", "shop"),
        (
            ("the Stripe key of {org} is {key}", "the Stripe key of {org} is {key}"),
            ("the checkout of {org} runs with {key}", "the checkout of {org} runs with {key}"),
            ("the {org} config has STRIPE_SECRET={key}", "the {org} config has STRIPE_SECRET={key}"),
        ),
        ("Which payment key is in use?", "Which Stripe key does the checkout have?"),
    ),
    "slack": Recipe(
        {"token": ("ACCESS_TOKEN", "slack")},
        ("saas",),
        (
            ("the Slack bot of {org} uses {token}", "the Slack bot of {org} uses {token}"),
            (
                "the alert channel of {org} has the token {token}",
                "the alert channel of {org} has the token {token}",
            ),
        ),
        ("Which bot token do the alerts use?",),
    ),
    "api": Recipe(
        {"key": ("API_KEY", "api")},
        ("saas", "telecom", "shop"),
        (
            (
                '# {org} client\nbase = "production"\napi_key = "{key}"\nretries = 3',
                "",
            ),
            ('the {org} integration has api_key = "{key}"', 'the {org} integration has api_key = "{key}"'),
            ("the API key of {org} is {key}", "the API key of {org} is {key}"),
        ),
        ("Which API key do you send?", "Could you paste the client settings?"),
        ("I have renewed the scope of {key}.",),
    ),
    "password": Recipe(
        {"password": ("PASSWORD", "password")},
        EVERYWHERE,
        (
            ("my password for {org} is {password}", "the temporary password for {org} is {password}"),
            (
                "I log in to {org} with the password {password}",
                "{org} can log in with the password {password}",
            ),
            (
                "the password of the {org} admin is {password}",
                "the password of the {org} admin is {password}",
            ),
            ("the {org} wifi password is {password}", "the {org} wifi password is {password}"),
        ),
        ("What happens when you log in? Which password do you type?", "How do you log in at the moment?"),
        ("I tried {password} here and it works.",),
    ),
    "connection": Recipe(
        {"url": ("CONNECTION_STRING", "connection")},
        ("saas",),
        (
            ("# {org}\nPORT=8080\nDATABASE_URL={url}\nLOG_LEVEL=debug", ""),
            ("# settings of {org}\nenvironment: production\ndatabase: {url}\npool: 10", ""),
        ),
        ("Which connection settings do you use?", "Could you paste the .env without leaving anything out?"),
        block=True,
    ),
    "private_key": Recipe(
        {"key": ("PRIVATE_KEY", "private_key")},
        ("saas",),
        (("deploy key of {org}\n{key}", ""),),
        ("Which deploy key is on the server?",),
        block=True,
    ),
}
