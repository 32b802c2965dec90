// The phrases of distress, language by language, and the helplines of where it is spoken. Accents and case do not
// matter here (plain_words.h). Numbers as the services publish them themselves; findahelpline.com knows the rest of the
// world.
#include "app/backend/counsel/distress.h"

namespace counselor {

const std::vector<Tongue>& tongues() {
  static const std::vector<Tongue> all = {
      {"English",
       "kill myself|killing myself|killed myself|kill my self|kill meself|suicid|su cide|s icide|"
       "s cide|s u cide|suic de|k ll myself|k l myself|sewer slide|sewerslide|unalive|unaliving|un alive|"
       "end my life|ending my life|end my own life|take my own life|taking my own life|took my own life|"
       "end it all|ending it all|end my existence|want to die |wanna die |want 2 die|wana die |"
       "going to die by|wish i was dead|wish i were dead|wish i was not alive|wish i wasnt alive|"
       "wish i was never born|wish i had never been born|wish i didnt exist|want to be dead|wanna be dead|"
       "better off dead|better off without me|be better if i was dead|be better if i were dead|"
       "be better if i died|hope i die |ready to die |ready to end it|plan to die |planning to die |"
       "think about dying|thinking about dying|thoughts of dying|no reason to live|nothing to live for|miss me if i "
       "was gone|miss me if i were gone|miss me if i died|disappear forever|see the point in living|see the point of "
       "living|see a point in living|took all my pills|end my suffering|want to end it |no point in living|no point "
       "living|life is not worth living|life isnt worth living|"
       "lifes not worth living|my life is pointless and|dont want to live|do not want to live|"
       "dont wanna live|dont want to be alive|dont wanna be alive|do not want to be alive|"
       "dont want to exist|do not want to exist|stop existing|live in this world anymore|"
       "dont want to live in this world|do not want to live in this world|dont wanna live in this world|"
       "dont want to live in pain|tired of living in pain|tired of living in this world|"
       "tired of living with depress|tired of living with this|live in this world any more|"
       "dont want to be here anymore|dont want to be here any more|dont want to wake up|"
       "do not want to wake up|never wake up again|hope i dont wake up|wish i wouldnt wake up|cant go on |"
       "cannot go on |can not go on |give up on life|giving up on life|given up on life|tired of living|"
       "tired of being alive|sick of living |sick of being alive|hate being alive|hurt myself|"
       "hurting myself|harm myself|harming myself|self harm|selfharm|self injur|self mutilat|cut myself|"
       "cutting myself|cut my wrists|slit my wrists|slit my throat|burn myself on purpose|starve myself|"
       "starving myself|hang myself|hanging myself|shoot myself|drown myself|poison myself|"
       "jump off a bridge|jump off the bridge|jump off a building|jump off a roof|"
       "jump in front of a train|jump in front of a bus|throw myself under|throw myself in front|"
       "throw myself off|overdose on|going to overdose|gonna overdose|want to overdose|take an overdose|"
       "took an overdose|swallow all my pills|take all my pills|swallow all the pills|take all the pills|"
       "gonna kms |want to kms |wanna kms |going to kms |ill kms |might kms |should kms |just kms |"
       "could kms |about to kms |let me kms |kms rn |kms fr |to off myself|gonna off myself|"
       "wanna off myself|my husband beats me|my husband hits me|my partner beats me|my partner hits me|"
       "my boyfriend beats me|my boyfriend hits me|my wife beats me|my father beats me|my boss raped|"
       "been raped|was raped|being raped|sexually assaulted me|hochu umeret|ne hochu zhit|"
       "pokonchit s soboi|pokonchit s soboy|marna chahta|marna chahti|jeena nahi chahta|jeena nahi chahti|"
       "jina nahi chahta|jina nahi chahti|khudkushi|aatmahatya|atmahatya|khud ko maar|khud ko khatam",
       "suicide prevent|suicide hotline|suicide helpline|suicide lifeline|suicide crisis|suicide squad|"
       "suicide aware|suicide interven|suicide risk|suicide research|suicide rate|suicide statistic|"
       "suicide watch|suicide counsel|suicide response|suicide bereave|suicide loss|suicide doors|"
       "suicide postvention|suicide and crisis|suicide note reader|suicidal patient|suicidal people|"
       "suicidal client|suicidal teen|suicidal youth|suicidal student|suicidal caller|suicidal veteran|"
       "suicidal individual|suicidal person|suicidal adolescent|suicidal child|suicidology|suicidologist|"
       "prevent suicid|preventing suicid|prevention of suicid|prevents suicid|anti suicid|assisted suicid|"
       "reduce suicid|reducing suicid|career suicid|professional suicid|political suicid|"
       "commercial suicid|financial suicid|social suicid|against suicid|work with suicid|"
       "working with suicid|research on suicid|study suicid|studying suicid|work on suicid|treat suicid|"
       "treating suicid|self harm prevent|self harm aware|self harm train|prevent self harm|"
       "preventing self harm|who self harm|cut myself some slack|cutting myself some slack|cut myself off|"
       "cut myself short|cut myself loose|cut myself a |cut myself out|cutting myself off|"
       "cutting myself short|cutting myself out|hurt myself at work|hurt myself on the job|"
       "hurt myself lifting|hurt myself playing|hurt myself falling|hurt myself financ|hurt myself in a |"
       "hurt myself in an |hurt myself in the gym|hurt myself by accident|afraid to hurt myself|"
       "without hurting myself|avoid hurting myself|not hurt myself|harm myself financ|cant go on holiday|"
       "cant go on vacation|cant go on a |cant go on trip|cant go on leave|cant go on maternity|"
       "cant go on parental|cant go on strike|cant go on site|cant go on stage|cant go on the|"
       "cant go on business|cant go on tour|cant go on sick|cannot go on holiday|cannot go on vacation|"
       "cannot go on a |cannot go on leave|cannot go on strike|cannot go on site|cannot go on stage|"
       "cannot go on the|cannot go on tour|cannot go on business|dont want to live in|"
       "dont want to live near|dont want to live with my|dont want to live with room|"
       "dont want to live with parents|dont want to live with debt|dont want to live with others|"
       "dont want to live at|dont want to live on a |dont want to live on my own|"
       "dont want to live on campus|dont want to live on the |dont want to live on minimum|"
       "dont want to live far|dont want to live abroad|dont want to live close|dont want to live there|"
       "dont want to live paycheck|dont want to live off|dont want to live outside|dont want to live away|"
       "dont want to live by|dont want to live from|dont want to live under|do not want to live in|"
       "do not want to live near|do not want to live with my|do not want to live with parents|"
       "do not want to live with room|do not want to live with others|do not want to live at|"
       "do not want to live on a |do not want to live on my own|do not want to live on campus|"
       "do not want to live on the |do not want to live far|do not want to live abroad|"
       "do not want to live close|do not want to live there|do not want to live off|"
       "do not want to live away|dont wanna live in|dont wanna live with my|dont wanna live near|"
       "dont wanna live far|dont want to wake up early|dont want to wake up at|"
       "dont want to wake up before|do not want to wake up early|do not want to wake up at|"
       "dont want to wake up so|dont want to wake up for|no reason to live in|no reason to live near|"
       "no reason to live there|no reason to live so|no reason to live far|tired of living in|"
       "tired of living with|tired of living paycheck|tired of living at|tired of living from|"
       "tired of living off|tired of living on|tired of living out|tired of living here|sick of living in|"
       "sick of living with|sick of living paycheck|sick of living at|sick of living from|"
       "sick of living here|no point in living in|no point in living here|no point living here|"
       "no point living in|end my life insurance|end my life as a |end my life as an |cant go on like a |who "
       "overdose|patients who want to die|people who want to die|those who want to die|want to end it with|want to end "
       "it at |want to end it by|want to end it there|want to end it early|want to end it on |want to end it and "
       "find|want to end it and start|want to end it because|overdose on coffee|overdose on caffeine|"
       "overdose on carbs|overdose on sugar|patients overdose|people overdose|ready to die for my|"
       "shoot myself in the foot|shooting myself in the foot|hang myself up|drown myself in work|"
       "drown myself in books|drown myself in study|throw myself into|starve myself of|want to die laugh|"
       "want to die of embarrass|want to die of bore|want to die casting|want to die cast|"
       "want to die cutting|hope i die old|hope i die rich|was raped and need counsel students|"
       "who was raped|who were raped|who has been raped|who have been raped|unalive assets",
       "",
       {}},
      {"Spanish",
       "quiero morir|quisiera morir|me quiero morir|querria morir|ganas de morir|deseo morir|"
       "desearia estar muert|estaria mejor muert|mejor estar muert|quiero estar muert|"
       "ojala estuviera muert|ojala me muera|matarme|me voy a matar|me quiero matar|me mato |"
       "quitarme la vida|me quiero quitar la vida|voy a quitarme la vida|no quiero vivir|"
       "ya no quiero vivir|no quiero seguir viviendo|no quiero seguir vivo|no quiero seguir viva|"
       "no quiero existir|no tengo ganas de vivir|sin ganas de vivir|no tengo razones para vivir|"
       "no tengo motivos para vivir|no vale la pena vivir|la vida no vale la pena|cansado de vivir|"
       "cansada de vivir|acabar con mi vida|terminar con mi vida|poner fin a mi vida|acabar con todo esto|"
       "cortarme las venas|me corto las venas|hacerme daño|me hago daño|lastimarme a mi mism|autolesi|"
       "ahorcarme|tirarme por la ventana|tirarme de un puente|tirarme al tren|pegarme un tiro|desaparecer para "
       "siempre|quisiera desaparecer|quiero desaparecer ",
       "matarme a trabajar|matarme trabajando|matarme a estudiar|matarme estudiando|va a matarme|"
       "matarme de risa|quiero morir de risa|me mato trabajando|me mato estudiando|me mato a |"
       "no quiero vivir en|no quiero vivir con|no quiero vivir cerca|no quiero vivir lejos|"
       "no quiero vivir fuera|no quiero vivir aqui|no quiero vivir de |no quiero vivir del|"
       "no quiero seguir viviendo en|no quiero seguir viviendo con|no quiero seguir viviendo de |"
       "cansado de vivir en|cansada de vivir en|cansado de vivir con|cansada de vivir con|"
       "prevencion del suicid|prevencion de suicid|prevenir el suicid|prevenir suicid|linea de suicid|"
       "pacientes suicid|personas suicid|suicidio profesional|suicidio laboral|sin hacerme daño|"
       "autolesiones en adolesc",
       ""
       "Lo que cuentas suena muy duro, y no tienes que pasarlo a solas. Habla ahora con una persona: abajo hay ayuda "
       "gratuita y confidencial. Si estás en peligro, llama a emergencias (911 en América, 112 en España).",
       {{"Línea 024 (España)", "Llama al 024, día y noche, gratis", "https://www.sanidad.gob.es/linea024/home.htm"},
        {"Línea de la Vida (México)", "Llama al 800 911 2000, día y noche, gratis", ""},
        {"988 en español (USA)", "Llama al 988 y pulsa 2, o envía AYUDA al 988", "https://988lifeline.org/es/"}}},
      {"French",
       "veux mourir|voudrais mourir|voulais mourir|aimerais mourir|envie de mourir|veux crever|"
       "envie de crever|veux me tuer|vais me tuer|envie de me tuer|pense a me tuer|mettre fin a mes jours|"
       "mettre fin a ma vie|mettre un terme a ma vie|en finir avec la vie|en finir avec ma vie|"
       "veux en finir |envie den finir|envie d en finir|me donner la mort|m oter la vie|moter la vie|"
       "veux plus vivre|plus envie de vivre|plus la force de vivre|pas envie de vivre|marre de vivre|"
       "fatigue de vivre|veux plus exister|ne plus exister|plus de raison de vivre|aucune raison de vivre|"
       "pas de raison de vivre|voudrais etre mort|veux etre mort|serais mieux mort|mieux si j etais mort|"
       "mieux si jetais mort|vie ne vaut plus|vie ne vaut pas la peine|me faire du mal|me fais du mal|"
       "ouvrir les veines|tailler les veines|me pendre |automutil|me scarifi|scarifie|me jeter sous|"
       "me jeter d un pont|me jeter par la fenetre|sauter d un pont|sauter dun pont|tirer une balle|idees noires|me "
       "foutre en l'air",
       "vais me tuer au travail|vais me tuer a la tache|va me tuer|veux mourir de rire|veux plus vivre a |"
       "veux plus vivre en |veux plus vivre avec|veux plus vivre ici|veux plus vivre chez|"
       "veux plus vivre dans|plus envie de vivre a |plus envie de vivre en |plus envie de vivre ici|"
       "plus envie de vivre dans|marre de vivre a |marre de vivre en |marre de vivre chez|"
       "marre de vivre dans|sans me faire du mal|tirer une balle dans le pied|prevention du suicid|"
       "prevenir le suicid|prevention suicid|patients suicid|personnes suicid|suicide professionnel|"
       "suicide assiste|me pendre au mot",
       ""
       "Ce que vous écrivez a l'air très lourd, et vous n'avez pas à le porter seul·e. Parlez maintenant avec "
       "quelqu'un : les personnes ci-dessous écoutent gratuitement. En danger, appelez les secours (112 en Europe, 911 "
       "au Canada).",
       {{"3114 (France)", "Appelez le 3114, jour et nuit, gratuit", "https://3114.fr"},
        {"Centre de Prévention du Suicide (Belgique)", "Appelez le 0800 32 123, jour et nuit",
         "https://www.preventionsuicide.be"},
        {"La Main Tendue (Suisse)", "Appelez le 143", "https://www.143.ch"}}},
      {"German",
       "selbstmord|suizid|freitod|mich umbringen|mich umzubringen|mich umbring|bring mich um|"
       "bringe mich um|mich töten|mich toeten|mich zu töten|mich selbst töten|mich selbst zu töten|"
       "will sterben |möchte sterben |moechte sterben |wollte sterben |würde gern sterben|will tot sein|"
       "wäre lieber tot |waere lieber tot |wäre besser tot |besser tot |lieber tot |wäre ich tot|"
       "waere ich tot|wär ich tot|wäre ich doch tot|nicht mehr leben|nicht länger leben|"
       "nicht laenger leben|nicht mehr am leben sein|nicht mehr da sein|nicht mehr existieren|"
       "mir das leben nehmen|leben zu nehmen|mein leben beenden|meinem leben ein ende|lebensmüde|"
       "lebensmuede|keinen grund zu leben|keinen lebenswillen|kein lebenswillen|keinen sinn mehr im leben|"
       "nicht mehr aufwachen|nie mehr aufwachen|allem ein ende setzen|mich selbst verletz|selbstverletz|"
       "selbst verletzen|mich ritzen|ritze mich|mich zu ritzen|mir die pulsadern|mich erhängen|"
       "mich erhaengen|mich aufhängen |mich erschießen|mich erschiessen|vor den zug werfen|"
       "vor einen zug werfen|vor den zug springen|von der brücke springen|von einer brücke springen|"
       "von der bruecke springen|überdosis nehmen|mir etwas antun|mir was antun",
       "wird mich umbringen|bringt mich um|nicht mehr leben in|nicht mehr leben wie|"
       "nicht mehr da sein für|nicht mehr da sein wenn|selbstmordpräventi|selbstmordpraeventi|"
       "selbstmordattent|selbstmordkommando|suizidpräventi|suizidpraeventi|suizidforsch|suizidberat|"
       "suizidgefährdete menschen|suizidgefährdeten menschen|suizidgefährdete patient|"
       "suizidgefährdeten patient|prävention von suizid|suizide verhindern|suizide zu verhindern|"
       "suizid verhindern|suizidassist|berufliche selbstmord|beruflicher selbstmord|"
       "beruflichen selbstmord|karriereselbstmord|nicht mehr leben müssen wie",
       ""
       "Was du schreibst, klingt sehr schwer, und du musst damit nicht allein bleiben. Sprich jetzt mit einem "
       "Menschen: Die unten Genannten hören kostenlos zu. In Gefahr wähle den Notruf 112.",
       {{"TelefonSeelsorge (Deutschland)", "0800 111 0 111 oder 116 123, Tag und Nacht, kostenlos",
         "https://www.telefonseelsorge.de"},
        {"TelefonSeelsorge (Österreich)", "142, Tag und Nacht, kostenlos", "https://www.telefonseelsorge.at"},
        {"Die Dargebotene Hand (Schweiz)", "143, Tag und Nacht", "https://www.143.ch"}}},
      {"Portuguese",
       "quero morrer|queria morrer|quero é morrer|vontade de morrer|desejo de morrer|preferia estar mort|"
       "queria estar mort|melhor morto |melhor morta |melhor estar mort|me matar|matar me |matar me a mim|me mato |"
       "tirar minha vida|tirar a minha vida|tirar minha própria vida|tirar a minha própria vida|"
       "tirar a própria vida|acabar com a minha vida|acabar com minha vida|por fim à minha vida|"
       "pôr fim à minha vida|dar fim à minha vida|dar cabo da minha vida|não quero mais viver|"
       "não quero viver|não quero continuar viv|não quero mais existir|não aguento mais viver|"
       "não tenho vontade de viver|sem vontade de viver|perdi a vontade de viver|não vale a pena viver|"
       "a vida não vale a pena|cansado de viver|cansada de viver|cortar os pulsos|cortar meus pulsos|"
       "quero me machucar|quero me cortar|me corto quando|automutila|autolesa|autolesõ|me enforcar|"
       "me jogar da ponte|me jogar de uma ponte|me jogar na frente|me jogar do prédio|sumir para sempre|"
       "sumir pra sempre",
       "me matar de trabalhar|matar me a trabalhar|matar me a estudar|me matar trabalhando|me matar de estudar|me "
       "matar estudando|me matar de rir|"
       "me mato de trabalhar|me mato trabalhando|me mato de |vai me matar|quero morrer de rir|"
       "não quero viver em|não quero viver com|não quero viver longe|não quero viver perto|"
       "não quero viver de |não quero viver no|não quero viver na|não quero mais viver em|"
       "não quero mais viver com|não quero mais viver de |não quero mais viver no|não quero mais viver na|"
       "cansado de viver em|cansada de viver em|cansado de viver com|cansada de viver com|"
       "prevenção do suicid|prevenção ao suicid|prevenção de suicid|prevenir o suicid|prevenir suicid|"
       "pacientes suicid|pessoas suicid|suicídio profissional",
       ""
       "O que você escreve parece muito pesado, e você não precisa passar por isso sem ajuda. Fale agora com uma "
       "pessoa: quem está abaixo escuta de graça. Em perigo, ligue para a emergência (190 ou 192 no Brasil, 112 em "
       "Portugal).",
       {{"CVV (Brasil)", "Ligue 188, dia e noite, grátis", "https://www.cvv.org.br"},
        {"SNS 24 (Portugal)", "Ligue 808 24 24 24, dia e noite", "https://www.sns24.gov.pt"}}},
      {"Italian",
       "voglio morire|vorrei morire|volevo morire|voglia di morire|desidero morire|vorrei essere mort|meglio morto "
       "|meglio morta |uccidermi|ammazzarmi|mi uccido |mi ammazzo |mi voglio uccidere|mi voglio ammazzare|"
       "voglio farla finita|vorrei farla finita|farla finita con la vita|farla finita|togliermi la vita|"
       "mi tolgo la vita|porre fine alla mia vita|mettere fine alla mia vita|finire la mia vita|"
       "non voglio più vivere|non voglio vivere|non voglio più esistere|non ho più voglia di vivere|"
       "non ho voglia di vivere|nessun motivo per vivere|non vale la pena vivere|stanco di vivere|"
       "stanca di vivere|farmi del male|mi faccio del male|tagliarmi le vene|mi taglio le vene|autolesion|"
       "impiccarmi|buttarmi sotto|buttarmi da un ponte|buttarmi giù da|buttarmi dalla finestra|spararmi",
       "ammazzarmi di lavoro|mi ammazzo di lavoro|mi ammazzo di |voglio morire dal ridere|"
       "non voglio vivere a |non voglio vivere in|non voglio vivere con|non voglio vivere lontano|"
       "non voglio vivere di |non voglio più vivere a |non voglio più vivere in|non voglio più vivere con|"
       "stanco di vivere a |stanca di vivere a |stanco di vivere in|stanca di vivere in|"
       "senza farmi del male|prevenzione del suicid|prevenzione dei suicid|prevenire il suicid|"
       "prevenire i suicid|suicidio professionale|pazienti suicid|persone suicid|suicidio assistito",
       ""
       "Quello che scrivi sembra molto pesante, e non devi affrontarlo da solo o da sola. Parla adesso con una "
       "persona: chi trovi qui sotto ascolta gratis. In pericolo, chiama il 112.",
       {{"Telefono Amico Italia", "Chiama lo 02 2327 2327, ogni giorno dalle 9 alle 24",
         "https://www.telefonoamico.it"}}},
      {"Polish",
       "chcę umrzeć|chce umrzec|chciałbym umrzeć|chciałabym umrzeć|chcę zdechnąć|wolałbym nie żyć|"
       "wolałabym nie żyć|wolę nie żyć|lepiej martwy |lepiej martwa |lepiej beze mnie|samobój|zabić się|się zabić|"
       "zabiję się|zabije sie|się zabiję|odebrać sobie życie|odbiorę sobie życie|targnąć się na życie|"
       "targnąć się na swoje życie|nie chcę żyć|nie chcę już żyć|nie chce mi się żyć|nie mam po co żyć|"
       "nie mam siły żyć|nie ma sensu żyć|nie widzę sensu życia|skończyć ze sobą|skończyć z sobą|"
       "skończę ze sobą|skończyć z życiem|zakończyć swoje życie|zakończyć życie|zmęczony życiem|zmęczona życiem|myślę "
       "o śmierci|pociąć się|tnę się|samookalecz|okaleczam się|okaleczać się|zrobić sobie krzywdę|"
       "robię sobie krzywdę|krzywdzę się|powiesić się|powieszę się|skoczyć z mostu|rzucić się pod|"
       "podciąć sobie żyły|podetnę sobie",
       "nie chcę żyć w |nie chcę żyć z |nie chcę żyć na |nie chcę już żyć w |nie chcę już żyć z |"
       "nie chcę już żyć na |zabić się za |można się zabić|prewencja samobój|prewencji samobój|"
       "zapobieganie samobój|zapobieganiu samobój|zapobiegania samobój|osoby samobój",
       ""
       "To, co piszesz, brzmi bardzo ciężko i nie musisz być z tym sam ani sama. Porozmawiaj teraz z człowiekiem: "
       "osoby poniżej słuchają bezpłatnie. W niebezpieczeństwie dzwoń pod 112.",
       {{"Kryzysowy Telefon Zaufania (Polska)", "Zadzwoń: 116 123, bezpłatnie", "https://116sos.pl"},
        {"Centrum Wsparcia (Polska)", "Zadzwoń: 800 70 2222, całą dobę, bezpłatnie", "https://centrumwsparcia.pl"},
        {"Dzieci i młodzież (Polska)", "Zadzwoń: 116 111, całą dobę, bezpłatnie", "https://116111.pl"}}},
      {"Dutch",
       "wil dood |wil dood zijn|wilde dat ik dood was|was ik maar dood|beter dood|liever dood|wil sterven|"
       "wil niet meer leven|wil niet langer leven|niet meer verder leven|wil er niet meer zijn|zelfmoord|"
       "zelfdoding|mezelf van kant maken|me van kant maken|maak mezelf van kant|maak me van kant|mezelf doden|mezelf "
       "vermoorden|"
       "mezelf ombrengen|mezelf ophangen|einde aan mijn leven|eind aan mijn leven|uit het leven stappen|"
       "geen zin meer in het leven|geen reden om te leven|levensmoe|niet meer wakker worden|"
       "mezelf iets aandoen|mezelf wat aandoen|mezelf pijn doen|mezelf pijn te doen|doe mezelf pijn|"
       "mezelf snijden|snijd mezelf|snij mezelf|zelfbeschadig|zelfverwond|polsen doorsnijden|"
       "voor de trein springen|van een brug springen|van de brug springen",
       "zelfmoordprevent|zelfdodingsprevent|suicideprevent|preventie van zelfmoord|"
       "preventie van zelfdoding|preventie van suicid|zelfmoord voorkomen|zelfmoord te voorkomen|"
       "zelfdoding voorkomen|wil niet meer leven in|wil niet meer leven van|zonder mezelf pijn te doen",
       ""
       "Wat je schrijft klinkt heel zwaar, en je hoeft er niet alleen mee te zijn. Praat nu met iemand: de mensen "
       "hieronder luisteren gratis. Bel in gevaar 112.",
       {{"113 Zelfmoordpreventie (Nederland)", "Bel 113 of 0800-0113, dag en nacht, gratis", "https://www.113.nl"},
        {"Zelfmoordlijn (België)", "Bel 1813, dag en nacht, gratis", "https://www.zelfmoord1813.be"}}},
      {"Turkish",
       "ölmek istiyorum|ölmek isterdim|ölmek istedim|öleyim artık|intihar|kendimi öldür|kendimi öldürmek|"
       "canıma kıy|canıma kıyacağım|artık yaşamak istemiyorum|yaşamak istemiyorum artık|"
       "daha fazla yaşamak istemiyorum|ben yaşamak istemiyorum|hayatıma son|yaşamıma son|"
       "hayatımı sonlandır|yaşamanın anlamı yok|yaşamak için sebebim|yaşamak için bir sebebim|keşke ölsem|"
       "ölsem daha iyi|ölü olsam|kendime zarar|kendimi kesiyorum|kendimi kesmek|bileklerimi kes|"
       "kendimi asacağım|kendimi asmak|köprüden atla|kendimi atmak istiyorum",
       "intiharı önle|intihar önleme|intiharın önlenmesi|intihar danışma|intihar hattında çalış|"
       "gülmekten ölmek",
       ""
       "Yazdıkların çok ağır geliyor ve bununla yalnız kalmak zorunda değilsin. Lütfen şimdi bir insanla konuş. "
       "Tehlikedeysen 112'yi ara.",
       {{"Türkiye", "Acil durumda 112'yi ara, gece gündüz, ücretsiz", ""}}},
      {"Russian",
       "хочу умереть|хотел умереть|хотела умереть|хочется умереть|хотел бы умереть|хотела бы умереть|"
       "хочу сдохнуть|хочется сдохнуть|не хочу жить|не хочу больше жить|больше не хочу жить|жить не хочу|"
       "не хочется жить|жить не хочется|не хочу существовать|нет смысла жить|незачем жить|устал жить|"
       "устала жить|нет сил жить|лучше бы я умер|лучше бы меня не было|лучше умереть|покончить с собой|"
       "покончу с собой|покончить с жизнью|свести счеты с жизнью|наложить на себя руки|убить себя|"
       "убью себя|самоубий|суицид|повеситься|повешусь|вскрыть вены|вскрою вены|резать вены|порезать вены|"
       "режу себя|порезать себя|причинить себе вред|причиняю себе боль|навредить себе|селфхарм|"
       "самоповрежд|выпилиться|выпилюсь|прыгнуть с моста|прыгнуть с крыши|броситься под поезд",
       "не хочу жить в |не хочу жить с |не хочу жить на |не хочу жить у |не хочу жить за |"
       "не хочу жить от |не хочу больше жить в |не хочу больше жить с |не хочу больше жить на |"
       "больше не хочу жить в |больше не хочу жить с |больше не хочу жить на |нет смысла жить в |"
       "устал жить в |устала жить в |устал жить на |устала жить на |устал жить от |хочу умереть от смеха|"
       "профилактика суицид|профилактике суицид|профилактикой суицид|профилактики суицид|"
       "профилактика самоубий|профилактике самоубий|профилактикой самоубий|предотвращение суицид|"
       "предотвращением суицид|предотвращению суицид|предотвращение самоубий|предотвращением самоубий|"
       "карьерное самоубий|карьерным самоубий|профессиональное самоубий",
       ""
       "То, что вы пишете, звучит очень тяжело, и вы не обязаны оставаться с этим в одиночку. Поговорите сейчас с "
       "человеком. В опасности звоните 112.",
       {{"Россия", "Экстренная помощь: 112, круглосуточно", ""},
        {"Телефон доверия (Россия; дети, подростки, родители)", "8-800-2000-122, бесплатно",
         "https://telefon-doveria.ru"}}},
      {"Ukrainian",
       "хочу померти|хочу вмерти|хочеться померти|хотів би померти|хотіла б померти|хочу здохнути|"
       "не хочу жити|не хочу більше жити|більше не хочу жити|жити не хочу|не хочеться жити|"
       "жити не хочеться|немає сенсу жити|нема сенсу жити|нема для чого жити|втомився жити|втомилася жити|"
       "немає сил жити|краще б я помер|краще померти|накласти на себе руки|вкоротити собі віку|"
       "покінчити з собою|покінчити із собою|покінчу з собою|покінчити з життям|вбити себе|убити себе|"
       "вб'ю себе|самогуб|суїцид|повіситися|повішусь|порізати вени|різати вени|ріжу себе|порізати себе|"
       "завдати собі шкоди|заподіяти собі|самоушкодж|стрибнути з мосту|кинутися під потяг",
       "не хочу жити в |не хочу жити у |не хочу жити з |не хочу жити на |не хочу жити за |"
       "не хочу жити від |більше не хочу жити в |більше не хочу жити у |більше не хочу жити на |"
       "не хочу більше жити в |не хочу більше жити у |втомився жити в |втомилася жити в |"
       "профілактика суїцид|профілактики суїцид|профілактику суїцид|профілактикою суїцид|"
       "запобігання суїцид|запобіганням суїцид|профілактика самогуб|запобігання самогуб|"
       "запобіганням самогуб",
       ""
       "Те, що ви пишете, звучить дуже важко, і ви не мусите лишатися з цим на самоті. Поговоріть зараз із людиною. У "
       "небезпеці телефонуйте 112.",
       {{"Lifeline Ukraine", "Телефонуйте 7333, цілодобово, безкоштовно", "https://lifelineukraine.com"}}},
      {"Arabic",
       "اريد ان اموت|أريد أن أموت|اريد الموت|أريد الموت|بدي اموت|بدي موت|عايز اموت|عايزة اموت|عاوز اموت|"
       "عاوزة اموت|ابي اموت|ابغى اموت|نفسي اموت|اتمنى الموت|أتمنى أن أموت|اتمنى لو اموت|انتحار|انتحر|"
       "أقتل نفسي|اقتل حالي|قتل نفسي|إنهاء حياتي|أنهي حياتي|انهي حياتي|اضع حدا لحياتي|لا أريد أن أعيش|"
       "لا أريد العيش|لا اريد الحياة|مش عايز اعيش|مش عايزة اعيش|ما بدي عيش|ما ابي اعيش|تعبت من الحياة|"
       "لا فائدة من حياتي|لا معنى لحياتي|إيذاء نفسي|أؤذي نفسي|اذي نفسي|أجرح نفسي|اشنق نفسي|ارمي نفسي من",
       "منع الانتحار|الوقاية من الانتحار|مكافحة الانتحار|الانتحار المهني|لا أريد أن أعيش في|"
       "لا أريد العيش في|مش عايز اعيش في|مش عايزة اعيش في|لا أريد أن أعيش مع|لا أريد العيش مع|خط الانتحار|"
       "انتحاري المهني",
       ""
       "ما تكتبه يبدو ثقيلاً جداً، ولست مضطراً لمواجهته وحدك. تحدّث الآن مع إنسان يسمعك. إذا كنت في خطر فاتصل برقم الطوارئ "
       "في بلدك.",
       {}},
      {"Hindi",
       "मरना चाहता|मरना चाहती|मर जाना चाहता|मर जाना चाहती|मरने का मन|मरने का दिल|मैं मर जाऊ|मर जाऊ तो|"
       "आत्महत्या|आत्म हत्या|खुदकुशी|ख़ुदकुशी|जान देना चाहता|जान देना चाहती|जान दे दूं|जान दे दूँ|"
       "अपनी जान ले|जीना नहीं चाहता|जीना नहीं चाहती|जीने का मन नहीं|जीने की इच्छा नहीं|"
       "जीने का कोई मतलब नहीं|जीने का कोई मकसद नहीं|जिंदगी खत्म कर|ज़िंदगी खत्म कर|ज़िन्दगी खत्म कर|"
       "जीवन समाप्त कर|खुद को मार|खुद को खत्म|खुद को नुकसान|खुद को चोट|फांसी लगा|फाँसी लगा|नस काट|"
       "जिंदगी से थक|जीवन से थक",
       "आत्महत्या रोकथाम|आत्महत्या की रोकथाम|आत्महत्या रोकने|आत्महत्या निवारण",
       ""
       "आपने जो लिखा वह बहुत भारी लगता है, और आपको इससे अकेले नहीं गुज़रना है। कृपया अभी किसी इंसान से बात करें। ख़तरे में हों तो 112 पर "
       "कॉल करें।",
       {{"Tele MANAS (भारत)", "14416 पर कॉल करें, दिन-रात, निःशुल्क", "https://telemanas.mohfw.gov.in"}}},
      {"Chinese",
       "我想死|我要死掉|不想活|好想死|想去死|想自杀|想自殺|自杀|自殺|轻生|輕生|寻死|尋死|寻短见|尋短見|了结自己|"
       "了結自己|了结生命|了結生命|结束生命|結束生命|结束自己的生命|"
       "結束自己的生命|结束我的生命|結束我的生命|结束自己|活不下去|活着没意思|活著沒意思|活着没有意义|活著沒有意義|"
       "没有活下去|沒有活下去|不如死了|死了算了|一死了之|杀了自己|殺了自己|"
       "杀死自己|殺死自己|自残|自殘|自我伤害|自我傷害|伤害自己|傷害自己|割腕|上吊|想跳楼|想跳樓|跳楼自|去跳楼|去跳樓|"
       "跳河|烧炭自|燒炭自",
       "预防自杀|預防自殺|防止自杀|防止自殺|自杀预防|自殺預防|自杀干预|自殺防治|自杀热线|自殺熱線|自杀研究|自殺研究|"
       "职业自杀|職業自殺|我想死你|好想死你|避免伤害自己|避免傷害自己",
       "你写的听起来非常沉重，你不必独自承受。请现在就和一个人谈谈。如果有危险，请拨打当地急救电话（中国大陆 110 或 "
       "120）。",
       {{"全国统一心理援助热线（中国大陆）", "拨打 12356", ""},
        {"安心專線（台灣）", "撥打 1925，24 小時，免費", ""},
        {"撒瑪利亞會（香港）", "致電 2896 0000，24 小時", ""}}},
      {"Japanese",
       "死にたい|タヒにたい|しにたいです|死んでしまいたい|死のうと|死んだほうがまし|死んだ方がまし|死んだほうがいい|"
       "死んだ方がいい|自殺|自死|消えたい|消えてしまいたい|いなくなりたい|"
       "居なくなりたい|生きていたくない|生きたくない|生きているのがつら|生きているのが辛|生きるのがつら|生きるのが辛|"
       "生きるのに疲れ|生きる意味がない|生きる意味が無い|生きている意味がない|"
       "生きている価値がない|命を絶|命を断|首を吊|飛び降りたい|リストカット|リスカ|自傷|自分を傷つけ|殺してください|"
       "終わりにしたい人生|人生を終わらせたい",
       "自殺予防|自殺防止|自殺対策|自殺相談|自殺を防|自殺をなくす|自傷行為の支援|自殺の研究|自殺率",
       "とてもつらい思いをされているのですね。ひとりで抱えこまないでください。いま、人と話してください。危険がせまって"
       "いるときは 119 または 110 に電話してください。",
       {{"よりそいホットライン（日本）", "0120-279-338、24時間、無料", "https://www.since2011.net/yorisoi/"},
        {"#いのちSOS（日本）", "0120-061-338、24時間、無料", "https://www.lifelink.or.jp/inochisos/"}}},
      {"Korean",
       "죽고 싶|죽고싶|죽어버리고 싶|자살|자해|살기 싫|살고 싶지 않|목숨을 끊|극단적 선택|극단적인 선택|사라지고 "
       "싶|스스로 목숨|죽는 게 낫|죽는게 낫|뛰어내리고 싶",
       "자살 예방|자살예방|자살 방지|자살방지|자살 상담사|자살률|서울에서 살고 싶지 않",
       "적어 주신 마음이 무척 무겁게 느껴집니다. 혼자 견디지 않으셔도 됩니다. 지금 사람과 이야기해 주세요. 위험하다면 "
       "119 또는 112에 전화하세요.",
       {{"자살예방 상담전화 (대한민국)", "109, 24시간, 무료", ""}}},
  };
  return all;
}

}  // namespace counselor
